"""Print what makes a shell complete commands and options."""

from __future__ import annotations

import click

RANK = 310


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the script that makes SHELL complete qclone's commands and options.

    \b
    bash  qclone completion bash > ~/.local/share/bash-completion/completions/qclone
    zsh   qclone completion zsh > "${fpath[1]}/_qclone"
    fish  qclone completion fish > ~/.config/fish/completions/qclone.fish

    A new shell has it then.
    """
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(context.find_root().command, {}, "qclone", "_QCLONE_COMPLETE").source())
