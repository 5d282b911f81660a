// One connection to one server: what it is told of this editor, and what is kept out of the log. Does not decide whether a server
// is started, or started again.
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { LogLevel } from 'vscode';
import type { Disposable, InlineCompletionItem, InlineCompletionList, LogOutputChannel } from 'vscode';
import { CloseAction, ErrorAction, LanguageClient, RevealOutputChannelOn } from 'vscode-languageclient/node';
import type { ClientCapabilities, StaticFeature } from 'vscode-languageclient/node';
import type { Created } from './created';
import { LANGUAGES } from './generated';
import type { Parts } from './partial';
import { problems } from './problems';
import type { Server } from './server';
import { SECTION, options } from './settings';
import type { Status } from './status';

/** Whom a connection tells what happens on it. */
export interface Listener {
    status(status: Status): void;
    text(text: Text): void;
    /** A line for the log. */
    said(line: string): void;
    closed(): void;
}

/** A text that a person is to read. */
export interface Text {
    readonly title: string;
    readonly language: string;
    readonly text: string;
}

/** What a person must know is said by us, once, with what to do about it: here it is only logged. */
class Client extends LanguageClient {
    override error(message: string, data?: unknown): void {
        super.error(message, data, false);
    }
}

const SCHEMES = ['file', 'untitled', 'vscode-notebook-cell'];
const SELECTOR = SCHEMES.flatMap((scheme) => LANGUAGES.map((language) => ({ scheme, language })));

/** A client that is not started yet. */
export function client(server: Server, output: LogOutputChannel, parts: Parts, created: Created, listener: Listener): LanguageClient {
    const made = new Client(
        SECTION,
        'Kireji',
        () => server.pipes(),
        {
            documentSelector: SELECTOR,
            outputChannel: output,
            traceOutputChannel: deaf(output),
            stdioOptions: { stdout: () => undefined, stderr: (lines) => log(lines, output, listener) },
            revealOutputChannelOn: RevealOutputChannelOn.Never,
            initializationFailedHandler: () => false,
            errorHandler: {
                error: () => ({ action: ErrorAction.Continue, handled: true }),
                closed: () => {
                    listener.closed();
                    return { action: CloseAction.DoNotRestart, handled: true };
                },
            },
            middleware: {
                workspace: { configuration: ({ items }) => items.map(({ section }) => (section === SECTION ? options() : null)) },
                provideInlineCompletionItems: async (document, position, context, token, next) => {
                    const answer = await next(document, position, context, token);
                    // Of an answer that comes too late nothing is shown; what was shown before may still stand.
                    if (!token.isCancellationRequested) {
                        parts.note(document, items(answer));
                    }
                    return answer;
                },
                resolveCodeAction: async (action, token, next) => {
                    const resolved = await next(action, token);
                    created.note(resolved);
                    return resolved;
                },
            },
        },
    );
    made.registerFeature(KNOWS_OURS);
    made.registerFeature(problems(made, SELECTOR, (why) => output.warn(why)));
    made.onNotification('kireji/status', (status: Status) => listener.status(status));
    made.onNotification('kireji/document', (text: Text) => listener.text(text));
    return made;
}

/** Says that this client knows what the server says beyond the protocol. */
const KNOWS_OURS: StaticFeature = {
    fillClientCapabilities: (capabilities: ClientCapabilities) => {
        capabilities.experimental = { ...(capabilities.experimental as object | undefined), kireji: { status: true, documents: true } };
    },
    initialize: () => undefined,
    getState: () => ({ kind: 'static' }),
    clear: () => undefined,
};

function items(answer: InlineCompletionItem[] | InlineCompletionList | null | undefined): readonly InlineCompletionItem[] {
    return Array.isArray(answer) ? answer : (answer?.items ?? []);
}

/** The channel, for traces: they would hold source text, so nothing is traced whatever its level is. */
function deaf(output: LogOutputChannel): LogOutputChannel {
    const nobody: Disposable = { dispose: () => undefined };
    return Object.create(output, {
        logLevel: { value: LogLevel.Info },
        onDidChangeLogLevel: { value: () => nobody },
        trace: { value: () => undefined },
    }) as LogOutputChannel;
}

function log(lines: Readable, output: LogOutputChannel, listener: Listener): void {
    createInterface({ input: lines }).on('line', (line) => {
        output.info(line);
        listener.said(line);
    });
}
