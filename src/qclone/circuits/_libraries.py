"""Gate libraries of other tools, by the names under which their files include or use them."""

from __future__ import annotations

# Quantinuum's, which pytket writes.
_HQSLIB1 = """
gate U1q(theta, phi) q { U(theta, phi - pi/2, pi/2 - phi) q; }
gate rz(lambda) q { U(0, 0, lambda) q; }
gate Rz(lambda) q { U(0, 0, lambda) q; }
gate RZZ(theta) a, b { CX a, b; U(0, 0, theta) b; CX a, b; }
gate ZZ a, b { RZZ(pi/2) a, b; }
"""
OWN_LIBRARIES = {"hqslib1.inc": _HQSLIB1}

# Amazon Braket's gates, which its OpenQASM 3 uses without a definition.
BRAKET = """
gate i q { }
gate si q { sdg q; }
gate ti q { tdg q; }
gate v q { sx q; }
gate vi q { inv @ sx q; }
gate phaseshift(a) q { p(a) q; }
gate cnot a, b { cx a, b; }
gate ccnot a, b, c { ccx a, b, c; }
gate cv a, b { ctrl @ sx a, b; }
gate cphaseshift(t) a, b { cp(t) a, b; }
gate cphaseshift00(t) a, b { negctrl @ negctrl @ gphase(t) a, b; }
gate cphaseshift01(t) a, b { negctrl @ ctrl @ gphase(t) a, b; }
gate cphaseshift10(t) a, b { ctrl @ negctrl @ gphase(t) a, b; }
gate zz(t) a, b { cx a, b; rz(t) b; cx a, b; }
gate xx(t) a, b { h a; h b; zz(t) a, b; h a; h b; }
gate yy(t) a, b { rx(pi / 2.0) a; rx(pi / 2.0) b; zz(t) a, b; rx(-pi / 2.0) a; rx(-pi / 2.0) b; }
gate xy(t) a, b { xx(-t / 2) a, b; yy(-t / 2) a, b; }
gate iswap a, b { xy(pi) a, b; }
gate pswap(t) a, b { swap a, b; cx a, b; p(t) b; cx a, b; }
gate ecr a, b { h b; zz(pi / 4) a, b; h b; x a; h b; zz(-pi / 4) a, b; h b; }
gate gpi(f) q { rz(-f) q; x q; rz(f) q; }
gate gpi2(f) q { rz(-f) q; rx(pi / 2) q; rz(f) q; }
gate prx(t, f) q { rz(-f) q; rx(t) q; rz(f) q; }
gate ms(f, g, t) a, b { rz(-f) a; rz(-g) b; xx(t) a, b; rz(f) a; rz(g) b; }
"""
