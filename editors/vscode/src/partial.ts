// Accepting a part of the ghost text, and sending it away: the editor has commands for both, and tells nobody which suggestion
// it was. Here that is done and counted: a part where what came into the text is the beginning of what Kireji suggested.
import { commands, window } from 'vscode';
import type { InlineCompletionItem, TextDocument } from 'vscode';

export type Part = 'word' | 'line';

const EDITOR: Readonly<Record<Part, string>> = {
    word: 'editor.action.inlineSuggest.acceptNextWord',
    line: 'editor.action.inlineSuggest.acceptNextLine',
};
const HIDE = 'editor.action.inlineSuggest.hide';
const ACCEPT = 'kireji.accept';
const DISMISS = 'kireji.dismiss';
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

    /** Has the editor hide the ghost text, and the server count it where it is ours, at the cursor. */
    async dismiss(): Promise<void> {
        const editor = window.activeTextEditor;
        const at = editor?.document.offsetAt(editor.selection.active);
        const shown = this.last;
        await commands.executeCommand(HIDE);
        const ours = shown.find(({ document, start, text }) => document === editor?.document && at !== undefined && start <= at && at < start + text.length);
        if (ours !== undefined) {
            await commands.executeCommand(DISMISS, ours.id);
        }
    }
}
