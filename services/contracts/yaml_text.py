"""YAML by libyaml where it is there: ten times as fast as in Python, which counts for files with everybody's names."""

from typing import Any, Final

import yaml
from yaml.constructor import ConstructorError

_BASE: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER: Final[Any] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_WIDTH: Final = 120


class _Loader(_BASE):  # type: ignore[misc]
    """Tells of a scalar that cannot be, such as 2026-02-30, where PyYAML would let errors of Python through."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, ArithmeticError, LookupError, AttributeError) as error:
            why = f" ({error})" if isinstance(error, ValueError) else ""
            raise ConstructorError(None, None, f"a value that cannot be{why}", node.start_mark) from None


def load(text: str) -> Any:
    """What the text holds: mappings, lists, scalars; None when it is empty. Raises yaml.YAMLError."""
    return load_with_nodes(text)[1]


def load_with_nodes(text: str) -> tuple[yaml.Node | None, Any]:
    """The same, with the node of the document: where everything in it begins. Raises yaml.YAMLError.

    No node is within itself.
    """
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        if root is None:
            return None, None
        if "*" in text:
            _refuse_circles(root, (), set())
        return root, loader.construct_document(root)
    except RecursionError:
        raise yaml.YAMLError("things lie too deep in each other") from None
    finally:
        loader.dispose()


def _refuse_circles(node: yaml.Node, above: tuple[yaml.Node, ...], seen: set[int]) -> None:
    if any(node is one for one in above):
        raise ConstructorError(None, None, "an anchor that stands within itself", node.start_mark)
    if id(node) in seen or isinstance(node, yaml.ScalarNode):
        return
    seen.add(id(node))
    for child in node.value:
        for one in child if isinstance(child, tuple) else (child,):
            _refuse_circles(one, (*above, node), seen)


def dump(content: Any) -> str:
    """The text of ``content``, in its order."""
    text: str = yaml.dump(content, Dumper=_DUMPER, allow_unicode=True, sort_keys=False, width=_WIDTH)
    return text
