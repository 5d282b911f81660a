// Tells the server what other tools have found in open documents, as the editor shows it. What of it a question says is decided there.
import { DiagnosticSeverity, languages, workspace } from 'vscode';
import type { Disposable, DocumentSelector, Uri } from 'vscode';
import type { LanguageClient, StaticFeature } from 'vscode-languageclient/node';

const PROBLEMS = 'kireji/problems';
// Tools say what they find piece by piece, while a person types: what comes within this time is told at once, however it goes on.
const TOGETHER = 200;
const MOST = 200;

/** What a connection has to have registered. `failed` is told what went wrong. */
export function problems(server: LanguageClient, selector: DocumentSelector, failed: (why: string) => void): StaticFeature {
    let teller: Disposable | undefined;
    return {
        fillClientCapabilities: () => undefined,
        initialize: () => {
            teller = telling(server, selector, failed);
        },
        getState: () => ({ kind: 'static' }),
        clear: () => teller?.dispose(),
    };
}

function telling(server: LanguageClient, selector: DocumentSelector, failed: (why: string) => void): Disposable {
    const due = new Set<string>();
    let timer: NodeJS.Timeout | undefined;
    const tell = (): void => {
        timer = undefined;
        const known = workspace.textDocuments.filter((document) => due.has(String(document.uri)) && languages.match(selector, document) > 0);
        due.clear();
        for (const { uri } of known) {
            const found = languages.getDiagnostics(uri).filter(({ severity }) => severity <= DiagnosticSeverity.Warning);
            const diagnostics = found.slice(0, MOST).map((one) => server.code2ProtocolConverter.asDiagnostic(one));
            const told = { uri: server.code2ProtocolConverter.asUri(uri), diagnostics };
            server.sendNotification(PROBLEMS, told).catch((error: unknown) => failed(`problems could not be told: ${String(error)}`));
        }
    };
    const later = (uris: readonly Uri[]): void => {
        uris.forEach((uri) => due.add(String(uri)));
        timer ??= setTimeout(tell, TOGETHER);
    };
    const listening = [languages.onDidChangeDiagnostics(({ uris }) => later(uris)), workspace.onDidOpenTextDocument(({ uri }) => later([uri]))];
    later(workspace.textDocuments.map(({ uri }) => uri));
    return {
        dispose: () => {
            clearTimeout(timer);
            listening.forEach((one) => one.dispose());
        },
    };
}
