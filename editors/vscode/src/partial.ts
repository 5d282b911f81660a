// Accepting a part of the ghost text: the editor has commands for it, and tells nobody which suggestion it was. Here the
// part is accepted, and counted where what came into the text is the beginning of what Kireji suggested.
import { commands, window } from 'vscode';
import type { InlineCompletionItem, TextDocument } from 'vscode';

export type Part = 'word' | 'line';

const EDITOR: Readonly<Record<Part, string>> = {
    word: 'editor.action.inlineSuggest.acceptNextWord',
    line: 'editor.action.inlineSuggest.acceptNextLine',
};
const ACCEPT = 'kireji.accept';
const ID = 0;

/** What was suggested last, and where it begins. */
interface Suggested {
    readonly document: TextDocument;
    readonly start: number;
    readonly text: string;
    readonly id: string;
}

/** Remembers what is suggested, and accepts parts of it. */
export class Parts {
    private last: readonly Suggested[] = [];

    /** Takes note of what the editor is about to show. */
    note(document: TextDocument, items: readonly InlineCompletionItem[]): void {
        this.last = items.flatMap(({ insertText, range, command }) => {
            const id: unknown = command?.command === ACCEPT ? command.arguments?.[ID] : undefined;
            return typeof insertText === 'string' && range !== undefined && typeof id === 'string'
                ? [{ document, start: document.offsetAt(range.start), text: insertText, id }]
                : [];
        });
    }

    /** Has the editor accept a part, and the server count it. */
    async accept(part: Part): Promise<void> {
        const editor = window.activeTextEditor;
        const from = editor?.document.offsetAt(editor.selection.active);
        const before = editor?.document.getText();
        const shown = this.last;
        await commands.executeCommand(EDITOR[part]);
        if (editor === undefined || from === undefined || before === editor.document.getText()) {
            return;
        }
        const text = editor.document.getText();
        const to = editor.document.offsetAt(editor.selection.active);
        const taken = shown.find(
            ({ document, start, text: suggested }) =>
                document === editor.document && to > from && start <= from && suggested.startsWith(text.slice(start, to)),
        );
        if (taken !== undefined) {
            await commands.executeCommand(ACCEPT, taken.id, part);
        }
    }
}
