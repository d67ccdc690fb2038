"""`wrap`: a client of an SDK whose streaming calls return a `Stream` or an `AsyncStream`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, overload

from streamparse._answers.tools import tools_of
from streamparse._clients.requests import APIS, RequestForm
from streamparse._drivers.stream import stream

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from streamparse._clients import types
    from streamparse._drivers.stream import ReadingOptions

__all__ = ["wrap"]

_COPIES: Final = ("copy", "with_options")  # methods that return another client


@overload
def wrap(client: types.MistralShape, **options: Unpack[ReadingOptions]) -> types.Mistral: ...


@overload
def wrap(client: types.OpenAIShape, **options: Unpack[ReadingOptions]) -> types.OpenAI: ...


@overload
def wrap(
    client: types.AsyncOpenAIShape, **options: Unpack[ReadingOptions]
) -> types.AsyncOpenAI: ...


@overload
def wrap(client: types.AnthropicShape, **options: Unpack[ReadingOptions]) -> types.Anthropic: ...


@overload
def wrap(
    client: types.AsyncAnthropicShape, **options: Unpack[ReadingOptions]
) -> types.AsyncAnthropic: ...


@overload
def wrap(client: types.GoogleShape, **options: Unpack[ReadingOptions]) -> types.GoogleClient: ...


@overload
def wrap(
    client: types.AsyncGoogleShape, **options: Unpack[ReadingOptions]
) -> types.AsyncGoogleClient: ...


@overload
def wrap(client: types.OllamaShape, **options: Unpack[ReadingOptions]) -> types.OllamaClient: ...


@overload
def wrap(
    client: types.AsyncOllamaShape, **options: Unpack[ReadingOptions]
) -> types.AsyncOllamaClient: ...


@overload
def wrap(client: object, **options: Unpack[ReadingOptions]) -> Any: ...


def wrap(client: Any, **options: Any) -> Any:
    """Return a client of an SDK whose streaming calls return streams of this package.

    The calls of `docs/clients.md` take these arguments too, and use each for the request and for
    the parser:

    - `tools`: a `Toolbox`, functions, pydantic models, or tools in the form of the API, which are
      sent unchanged.
    - `output`: a type or a JSON Schema. It becomes the schema that the API constrains the answer
      to, unless the request already contains one.

    Everything else is the client's own: calls that do not stream, other methods, attributes and
    exceptions. The result passes `isinstance` checks for the class of the client.

    An answer's HTTP response, with its headers, is `answer.response`.

    Args:
        client: A client of openai, anthropic, google-genai, mistralai or ollama, synchronous or
            asynchronous, or a client of another package with the same `chat.completions.create`.
            A wrapped client gets more options.
        options: Options of `stream` for all calls, except `tools`, `output` and `reconnect`.

    Returns:
        The wrapped client. `client` itself is not changed.

    Raises:
        TypeError: `client` is not such a client, or an option is unknown.
        ValueError: An option has an invalid value.
    """
    for name in ("tools", "output", "reconnect"):
        if name in options:
            where = "stream()" if name == "reconnect" else "each call"
            raise TypeError(f"{name!r} is not an option of wrap(): give it to {where}")
    stream((), **options)  # checks the options
    if type(client) is _Wrapped:
        inner, forms, others = client._streamparse
        return _Wrapped(inner, forms, {**others, **options})
    return _Wrapped(client, _forms_of(client), options)


def _forms_of(client: Any) -> Mapping[str, RequestForm]:
    """Return the calls to wrap, by the package of the client."""
    for kind in type(client).__mro__:
        forms = APIS.get(kind.__module__.partition(".")[0])
        if forms is not None and any(hasattr(client, path.partition(".")[0]) for path in forms):
            return forms
    completions = getattr(getattr(client, "chat", None), "completions", None)
    if not callable(getattr(completions, "create", None)):
        raise TypeError(
            "wrap() takes a client of openai, anthropic, google-genai, mistralai or ollama, "
            f"not {type(client).__name__}"
        )
    path = "chat.completions.create"
    return {path: APIS["openai"][path]}


class _Wrapped:
    """A client, or a part of it, in which some methods are replaced.

    `_streamparse` has the wrapped object, its methods to replace by their paths, and the options.
    """

    _streamparse: tuple[Any, Mapping[str, RequestForm], dict[str, Any]]

    def __init__(
        self, inner: Any, forms: Mapping[str, RequestForm], options: dict[str, Any]
    ) -> None:
        object.__setattr__(self, "_streamparse", (inner, forms, options))

    @property  # type: ignore[misc]
    def __class__(self) -> Any:  # pyright: ignore
        """The class of the client, for `isinstance`."""
        return type(self._streamparse[0])

    def __getattr__(self, name: str) -> Any:
        inner, forms, options = self._streamparse
        found = getattr(inner, name)
        form = forms.get(name)
        if form is not None:
            return _streaming(found, form, options, always="stream" in name)
        start = f"{name}."
        inside = {
            path[len(start) :]: form for path, form in forms.items() if path.startswith(start)
        }
        if inside:
            return _Wrapped(found, inside, options)
        return self._copying(found) if name in _COPIES else found

    def _copying(self, method: Callable[..., Any]) -> Callable[..., Any]:
        _, forms, options = self._streamparse

        @wraps(method)
        def copying(*arguments: Any, **named: Any) -> Any:
            return _Wrapped(method(*arguments, **named), forms, options)

        return copying

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._streamparse[0], name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._streamparse[0], name)

    def __dir__(self) -> list[str]:
        return dir(self._streamparse[0])

    def __repr__(self) -> str:
        return f"wrap({self._streamparse[0]!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _Wrapped, self._streamparse

    def __enter__(self) -> _Wrapped:
        self._streamparse[0].__enter__()
        return self

    def __exit__(self, *exception: Any) -> Any:
        return self._streamparse[0].__exit__(*exception)

    async def __aenter__(self) -> _Wrapped:
        await self._streamparse[0].__aenter__()
        return self

    async def __aexit__(self, *exception: Any) -> Any:
        return await self._streamparse[0].__aexit__(*exception)


def _streaming(
    method: Callable[..., Any], form: RequestForm, options: dict[str, Any], always: bool
) -> Callable[..., Any]:
    """Return a method whose streaming calls return a stream; `always` if all calls stream."""

    @wraps(method)
    def call(*arguments: Any, **named: Any) -> Any:
        if not always and not named.get("stream"):
            return method(*arguments, **named)
        request = dict(named)
        errors = options.get("tools_errors", "raise")
        tools, output = form.prepare(request, errors)
        if tools is not None:  # reads them before the request is sent, for their errors
            tools = tools_of(tools, errors, options.get("coerce", False))
        read = {"api": form.api, **options, "tools": tools, "output": output}
        response = method(*arguments, **request)
        return (
            _awaited(response, read) if inspect.isawaitable(response) else stream(response, **read)
        )

    return call


async def _awaited(response: Any, options: dict[str, Any]) -> Any:
    return stream(await response, **options)
