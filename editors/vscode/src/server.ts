// One process of the server: started, and gone when that is wanted. What is said to it is not decided here.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

/** What starts a server. */
export interface Start {
    readonly program: string;
    /** What the server gets on top of what the editor has. */
    readonly environment: Readonly<Record<string, string>>;
    readonly folder: string;
}

/** It runs from the moment it is made. */
export class Server {
    /** Says, once it runs no more or could not be started, how that came. */
    readonly ended: Promise<string>;
    private readonly child: ChildProcess;

    constructor({ program, environment, folder }: Start) {
        this.child = spawn(program, ['serve'], { cwd: folder, env: { ...process.env, ...environment } });
        this.ended = new Promise((resolve) => {
            this.child.on('error', (error) => resolve(error.message));
            this.child.on('exit', (code, signal) => resolve(signal === null ? `with code ${String(code)}` : `by ${signal}`));
        });
    }

    /** The process, with which a connection is made. An Error where it could not be started. */
    async pipes(): Promise<ChildProcess> {
        if (this.child.pid === undefined) {
            throw new Error(await this.ended);
        }
        return this.child;
    }

    /** Ends it, unless it ends by itself within that many milliseconds; comes back when it has ended. */
    async end(patience: number): Promise<void> {
        const late = setTimeout(() => this.child.kill('SIGKILL'), patience);
        await this.ended;
        clearTimeout(late);
    }
}
