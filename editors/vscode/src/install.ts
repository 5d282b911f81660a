// Makes an environment of our own and puts the server that came with the extension into it. Asks nobody whether it should.
import { execFile } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import * as path from 'node:path';
import { ProgressLocation, window } from 'vscode';
import type { CancellationToken, ExtensionContext, LogOutputChannel, Progress } from 'vscode';
import { programIn, pythons } from './finding';

const OLDEST = [3, 11] as const;
const PATIENCE = 600_000;

/** What kept the server from being installed, and what a person can do about it. */
export class NotInstalled extends Error {}

/** The folder of the environment that we make. */
export function ownEnvironment(context: ExtensionContext): string {
    return path.join(context.globalStorageUri.fsPath, 'server');
}

/** Installs the server, with progress that can be cancelled. Throws NotInstalled; nothing half-made stays. */
export async function install(context: ExtensionContext, output: LogOutputChannel, selected: string | undefined): Promise<void> {
    const environment = ownEnvironment(context);
    const options = { location: ProgressLocation.Notification, title: 'Kireji', cancellable: true };
    await window.withProgress(options, async (progress, token) => {
        const run = runner(output, token);
        try {
            await fill(environment, await wheel(context), await interpreter(selected, run), run, progress);
        } catch (error) {
            await rm(environment, { recursive: true, force: true });
            throw token.isCancellationRequested ? new NotInstalled('it was cancelled') : error;
        }
    });
}

type Run = (program: string, ...given: string[]) => Promise<string>;

async function fill(environment: string, server: string, python: string, run: Run, progress: Progress<{ message: string }>): Promise<void> {
    progress.report({ message: 'making an environment for the server…' });
    await rm(environment, { recursive: true, force: true });
    await run(python, '-I', '-m', 'venv', environment);
    progress.report({ message: 'installing the server and what it needs…' });
    const pip = ['-I', '-m', 'pip', '--disable-pip-version-check', '--no-input', 'install', server];
    await run(programIn(environment, 'python'), ...pip);
    await run(programIn(environment, 'kireji'), '--version');
}

/** The package of the server that came with this extension. */
async function wheel(context: ExtensionContext): Promise<string> {
    const folder = context.asAbsolutePath('server');
    const found = (await readdir(folder)).find((name) => name.endsWith('.whl'));
    if (found === undefined) {
        throw new NotInstalled('this extension was packed without its server; install the server by pip or pipx');
    }
    return path.join(folder, found);
}

/** A Python that is new enough: the selected one, or the first on the PATH. */
async function interpreter(selected: string | undefined, run: Run): Promise<string> {
    for (const python of [...(selected === undefined ? [] : [selected]), ...pythons(process.env['PATH'] ?? '')]) {
        const version = await run(python, '-I', '-c', 'import sys; print(*sys.version_info[:2])').catch(() => '');
        const [major = 0, minor = 0] = version.trim().split(' ').map(Number);
        if (major === OLDEST[0] && minor >= OLDEST[1]) {
            return python;
        }
    }
    throw new NotInstalled(`it needs Python ${OLDEST.join('.')} or later, which is not on the PATH; install one and try again`);
}

function runner(output: LogOutputChannel, token: CancellationToken): Run {
    return (program, ...given) =>
        new Promise((resolve, reject) => {
            output.info(`${program} ${given.join(' ')}`);
            const child = execFile(program, given, { timeout: PATIENCE, maxBuffer: 1 << 24 }, (error, out, err) => {
                stopping.dispose();
                const said = `${out}${err}`.trim();
                if (error === null) {
                    resolve(out);
                    return;
                }
                output.error(said || error.message);
                reject(new NotInstalled(lastLine(err) || lastLine(out) || error.message));
            });
            const stopping = token.onCancellationRequested(() => child.kill());
        });
}

function lastLine(text: string): string {
    return text.trim().split('\n').at(-1)?.trim() ?? '';
}
