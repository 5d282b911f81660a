// The server of this window: found, started, checked, started again when it ends, and stopped. What a person is to see of it
// goes to a view; nothing is shown here.
import { commands, workspace } from 'vscode';
import type { Disposable, ExtensionContext, LogOutputChannel } from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { MOST_UNHEARD, delay, ended } from './backoff';
import type { Ends } from './backoff';
import { client } from './client';
import type { Text } from './client';
import type { Created } from './created';
import { find, fits } from './finding';
import type { Found } from './finding';
import type { Keys } from './keys';
import type { Parts } from './partial';
import { selectedPython } from './python';
import { Server } from './server';
import { protectedEnvironment, serverPath } from './settings';
import type { Absence, Status } from './status';
import { ownEnvironment } from './install';

const RUNNING = 'kireji.running';
const LONGEST_WORDS = 200;
// How long, in milliseconds, a server that was told to end may take.
const PATIENCE = 2_000;

/** Who shows what has become of the server. */
export interface View {
    status(status: Status): void;
    text(text: Text): void;
    absent(why: Absence, detail: string): void;
}

/** A server, and the connection to it. */
interface Running {
    readonly server: Server;
    readonly client: LanguageClient;
}

/** At most one server at a time. What changes it waits for its turn, but not for a server that has not answered yet: it may never. */
export class Session implements Disposable {
    private running: Running | undefined;
    private turn: Promise<void> = Promise.resolve();
    private queued = 0;
    private giveUp: () => void = () => undefined;
    private again: NodeJS.Timeout | undefined;
    private ends: Ends = [];
    private since = 0;
    private heard = false;
    private lastWords = '';

    constructor(
        private readonly context: ExtensionContext,
        private readonly output: LogOutputChannel,
        private readonly keys: Keys,
        private readonly parts: Parts,
        private readonly created: Created,
        private readonly view: View,
    ) {}

    /** Starts the server anew, with what is set now. */
    restart(): Promise<void> {
        this.ends = [];
        this.heard = false;
        this.lastWords = '';
        return this.next(async () => {
            await this.stop();
            await this.start();
        });
    }

    /** Runs something while no server does, and then starts it. */
    without(work: () => Promise<void>): Promise<void> {
        return this.next(async () => {
            await this.stop();
            try {
                await work();
            } finally {
                await this.start();
            }
        });
    }

    /** Runs a command of the server's. Nothing where there is no server. */
    async ask<T>(command: string, ...given: unknown[]): Promise<T | undefined> {
        return this.running === undefined
            ? undefined
            : this.running.client.sendRequest<T>('workspace/executeCommand', { command, arguments: given });
    }

    /** The program, and the environment in which it runs. */
    async found(): Promise<{ found: Found | undefined; environment: Record<string, string> }> {
        const python = await selectedPython();
        const key = await this.keys.get();
        const environment = {
            ...(python === undefined ? {} : { KIREJI_PYTHON: python }),
            ...protectedEnvironment(),
            ...(key === undefined ? {} : { ANTHROPIC_API_KEY: key }),
            // The editor has asked the person whether they trust this window's folders: its word goes, both ways.
            KIREJI_TRUST: String(workspace.isTrusted),
        };
        const own = ownEnvironment(this.context);
        return { found: find({ setting: serverPath(), python, path: process.env['PATH'] ?? '', own }), environment };
    }

    dispose(): Promise<void> {
        return this.next(() => this.stop());
    }

    private next(work: () => Promise<void>): Promise<void> {
        this.queued += 1;
        this.giveUp();
        const begin = (): Promise<void> => {
            this.queued -= 1;
            return work();
        };
        this.turn = this.turn.then(begin).catch((error: unknown) => this.output.error(String(error)));
        return this.turn;
    }

    private async start(): Promise<void> {
        this.view.absent('starting', '');
        const { found, environment } = await this.found();
        if (found === undefined) {
            this.view.absent('missing', serverPath() ?? '');
            return;
        }
        this.output.info(`starting ${found.program} (found by: ${found.place})`);
        await workspace.fs.createDirectory(this.context.globalStorageUri);
        if (this.queued > 0) {
            return; // whoever comes next would end it at once
        }
        // Not a folder of the workspace's: no program there may be taken for one of ours.
        const server = new Server({ program: found.program, environment, folder: this.context.globalStorageUri.fsPath });
        const made: Running = {
            server,
            client: client(server, this.output, this.parts, this.created, {
                status: (status) => this.view.status(status),
                text: (text) => this.view.text(text),
                said: (line) => {
                    this.lastWords = line.trim() || this.lastWords;
                },
                closed: () => this.closed(made),
            }),
        };
        void server.ended.then((how) => this.output.info(`the server has ended ${how}`));
        this.running = made;
        this.since = Date.now();
        const givenUp = new Promise<'given up'>((resolve) => {
            this.giveUp = () => resolve('given up');
        });
        try {
            if ((await Promise.race([made.client.start(), givenUp])) === 'given up') {
                this.output.warn('the server has not answered so far, and is not waited for any longer');
                this.running = undefined;
                await server.end(0);
                return;
            }
        } catch (error) {
            this.output.error(`the server could not be started: ${String(error)}`);
            this.lastWords ||= error instanceof Error ? error.message : String(error);
            this.closed(made);
            return;
        }
        this.heard = true;
        await this.check(made);
    }

    private async check({ client: made }: Running): Promise<void> {
        const theirs = made.initializeResult?.serverInfo?.version;
        const ours = String((this.context.extension.packageJSON as { version: unknown }).version);
        if (fits(theirs, ours)) {
            await commands.executeCommand('setContext', RUNNING, true);
            return;
        }
        await this.stop();
        this.view.absent('misfit', `${theirs ?? 'of no version'} and ${ours}`);
    }

    private async stop(): Promise<void> {
        clearTimeout(this.again);
        const made = this.running;
        this.running = undefined;
        void commands.executeCommand('setContext', RUNNING, false);
        await made?.client.dispose().catch((error: unknown) => this.output.warn(`the server did not stop as asked: ${String(error)}`));
        await made?.server.end(PATIENCE);
    }

    private closed(made: Running): void {
        if (this.running !== made) {
            return;
        }
        this.running = undefined;
        const gone = made.server.end(PATIENCE);
        void commands.executeCommand('setContext', RUNNING, false);
        this.ends = ended(this.ends, this.since, Date.now());
        const pause = this.heard ? delay(this.ends) : delay(this.ends, MOST_UNHEARD);
        if (pause === undefined) {
            const why = this.heard ? 'it has ended again and again' : 'it ends before it has answered';
            this.view.absent('stopped', this.lastWords === '' ? why : `${why} (${this.lastWords.slice(0, LONGEST_WORDS)})`);
            return;
        }
        this.view.absent('starting', '');
        this.output.warn(`the server has ended; it is started again in ${pause / 1000} s`);
        const start = async (): Promise<void> => {
            await gone;
            await this.start();
        };
        this.again = setTimeout(() => void this.next(start), pause);
    }
}
