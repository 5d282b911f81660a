// The interpreter that is selected for the workspace, by the Python extension. A workspace that is not trusted selects nothing:
// what it selects would be run.
import { accessSync, constants } from 'node:fs';
import { isAbsolute } from 'node:path';
import { extensions, workspace } from 'vscode';

const EXTENSION = 'ms-python.python';
const PATIENCE = 5_000;

/** The part of the Python extension that is used here. */
interface PythonApi {
    environments?: {
        getActiveEnvironmentPath(resource?: unknown): { path: string };
        resolveEnvironment(path: unknown): Promise<{ executable: { uri?: { fsPath: string } } } | undefined>;
        onDidChangeActiveEnvironmentPath(listener: () => void): { dispose(): unknown };
    };
}

/** The absolute path of the selected interpreter, or nothing. */
export async function selectedPython(): Promise<string | undefined> {
    const { environments } = (await soon(api())) ?? {};
    if (environments === undefined) {
        return undefined;
    }
    const active = environments.getActiveEnvironmentPath(workspace.workspaceFolders?.[0]?.uri);
    const python = (await soon(environments.resolveEnvironment(active)))?.executable.uri?.fsPath;
    return python !== undefined && runs(python) ? python : undefined;
}

/** Has `told` called whenever another interpreter is selected, which is also so where nobody had waited until it was known. */
export async function whenSelected(told: () => void): Promise<{ dispose(): unknown }> {
    const coming = api().catch(() => undefined);
    const early = await soon(coming);
    const { environments } = (await coming) ?? {};
    if (early === undefined && environments !== undefined) {
        told();
    }
    return environments?.onDidChangeActiveEnvironmentPath(told) ?? { dispose: () => undefined };
}

/** It takes as long as that extension takes to start. */
async function api(): Promise<PythonApi | undefined> {
    const extension = extensions.getExtension<PythonApi>(EXTENSION);
    if (!workspace.isTrusted || extension === undefined) {
        return undefined;
    }
    return extension.isActive ? extension.exports : extension.activate();
}

/** What another extension answers, if it answers before long. */
async function soon<T>(answer: Promise<T>): Promise<T | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
        timer = setTimeout(() => resolve(undefined), PATIENCE);
    });
    try {
        return await Promise.race([answer.catch(() => undefined), late]);
    } finally {
        clearTimeout(timer);
    }
}

function runs(program: string): boolean {
    try {
        accessSync(program, constants.X_OK);
        return isAbsolute(program);
    } catch {
        return false;
    }
}
