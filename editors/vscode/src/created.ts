// Shows the file that a code action has created: the editor makes it without a word. What the action changes in files that are there
// already is left to the editor.
import { window, workspace } from 'vscode';
import type { CodeAction, Disposable } from 'vscode';

export class Created implements Disposable {
    private expected: ReadonlySet<string> = new Set();
    private readonly listening = workspace.onDidCreateFiles(({ files }) => {
        const first = files.find((uri) => this.expected.has(String(uri)));
        this.expected = new Set();
        if (first !== undefined) {
            void window.showTextDocument(first, { preview: false });
        }
    });

    /** Takes note of what the chosen action is about to change. */
    note(action: CodeAction | null | undefined): void {
        this.expected = new Set(action?.edit?.entries().map(([uri]) => String(uri)));
    }

    dispose(): void {
        this.listening.dispose();
    }
}
