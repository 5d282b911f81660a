"""The least server the framework allows, as the yardstick for start-up. Its inline completion is always empty."""

from lsprotocol import types
from pygls.lsp.server import LanguageServer

server = LanguageServer("bare", "0")


@server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
def inline(_params: types.InlineCompletionParams) -> types.InlineCompletionList:
    return types.InlineCompletionList(items=[])


if __name__ == "__main__":
    server.start_io()
