// Pages to be read: documents that nobody can edit and that are written to no disk.
import { EventEmitter, Uri, languages, window, workspace } from 'vscode';
import type { Disposable, TextDocumentContentProvider } from 'vscode';

const SCHEME = 'kireji';

export class Pages implements TextDocumentContentProvider, Disposable {
    private readonly texts = new Map<string, string>();
    private readonly changed = new EventEmitter<Uri>();
    private readonly registered = workspace.registerTextDocumentContentProvider(SCHEME, this);
    readonly onDidChange = this.changed.event;

    provideTextDocumentContent(uri: Uri): string {
        return this.texts.get(uri.path) ?? '';
    }

    /** Opens a page, or shows the open one anew. */
    async show(title: string, text: string, language: string): Promise<void> {
        const uri = Uri.from({ scheme: SCHEME, path: `Kireji: ${title}` });
        this.texts.set(uri.path, text);
        this.changed.fire(uri);
        const document = await languages.setTextDocumentLanguage(await workspace.openTextDocument(uri), language);
        await window.showTextDocument(document, { preview: true });
    }

    dispose(): void {
        this.registered.dispose();
        this.changed.dispose();
    }
}
