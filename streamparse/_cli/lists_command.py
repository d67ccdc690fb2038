"""`streamparse formats`, `apis` and `completion`: list names, and complete them in a shell."""

from __future__ import annotations

import argparse
from typing import Final

from streamparse import formats
from streamparse._cli.streams import OK, standard_output
from streamparse.message_parser import APIS

__all__ = ["add_apis", "add_completion", "add_formats", "run_apis", "run_completion", "run_formats"]

_SHELLS: Final = ("bash", "zsh", "fish")


def add_formats(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `formats`."""
    command.add_argument(
        "name",
        nargs="?",
        metavar="NAME",
        help="show only the format of this name, model, or tool parser of vLLM or SGLang",
    )


def add_apis(command: argparse.ArgumentParser) -> None:
    """Add nothing: `apis` takes no arguments."""


def add_completion(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `completion`."""
    command.add_argument("shell", choices=_SHELLS, help="the shell to write the script for")


def run_formats(options: argparse.Namespace, command: argparse.ArgumentParser) -> int:
    """Write the formats, each with the models that use it."""
    names: list[str] = list(formats.names())
    if options.name is not None:
        try:
            names = [formats.get(options.name).name]
        except ValueError as error:
            command.error(typed(str(error)))
    width = max(map(len, names))
    return _write([f"{name:<{width}}  {formats.get(name).models}" for name in names])


def run_apis(options: argparse.Namespace, command: argparse.ArgumentParser) -> int:
    """Write the names of the APIs."""
    return _write(list(APIS))


def run_completion(options: argparse.Namespace, command: argparse.ArgumentParser) -> int:
    """Write the completion script of a shell."""
    words = options.words
    if options.shell == "fish":
        return _write(_fish(words))
    lines = ["autoload -U +X bashcompinit && bashcompinit"] if options.shell == "zsh" else []
    return _write([*lines, *_bash(words)])


def typed(message: str) -> str:
    """Return a message of the library with commands in place of the functions that it names."""
    for library, ours in (
        ("streamparse.formats.names() lists", "'streamparse formats' lists"),
        ("streamparse.aliases.API lists", "'streamparse apis' lists"),
    ):
        message = message.replace(library, ours)
    return message


def _write(lines: list[str]) -> int:
    output = standard_output()
    output.write("".join(f"{line}\n" for line in lines).encode())
    output.flush()
    return OK


def _values() -> dict[str, str]:
    """Return the possible values of options that take one of a list."""
    return {"--api": " ".join(APIS), "--format": " ".join(["auto", *formats.names()])}


def _bash(words: dict[str, list[str]]) -> list[str]:
    lines = ["_streamparse() {", '  local word="${COMP_WORDS[COMP_CWORD]}" words=""']
    lines.append('  case "${COMP_WORDS[COMP_CWORD-1]}" in')
    lines += [f'    {option}) words="{values}" ;;' for option, values in _values().items()]
    lines.append('    *) case "${COMP_WORDS[1]}" in')
    lines += [
        f'      {name}) [ "$COMP_CWORD" -gt 1 ] && words="{" ".join(options)}" ;;'
        for name, options in words.items()
    ]
    lines += ["    esac ;;", "  esac"]
    lines.append(f'  [ "$COMP_CWORD" -eq 1 ] && words="{" ".join(words)} --help --version"')
    lines.append('  COMPREPLY=($(compgen -W "$words" -- "$word"))')
    return [*lines, "}", "complete -o default -F _streamparse streamparse"]


def _fish(words: dict[str, list[str]]) -> list[str]:
    start = "complete -c streamparse"
    lines = [f"{start} -n __fish_use_subcommand -f -a '{' '.join(words)}'"]
    values = _values()
    for name, options in words.items():
        for option in options:
            takes = f" -x -a '{values[option]}'" if option in values else ""
            lines.append(f"{start} -n '__fish_seen_subcommand_from {name}' -l {option[2:]}{takes}")
    return lines
