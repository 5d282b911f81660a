// What a person has set in the editor, as the server takes it: protected settings as environment, options as an answer to
// `workspace/configuration`. Only what was set is said: a default of the editor's would hide the person's own file.
import { workspace } from 'vscode';
import { OPTIONS, PROTECTED } from './generated';

export const SECTION = 'kireji';
const SERVER_PATH = 'server.path';

/** The program that a person named, or nothing. */
export function serverPath(): string | undefined {
    return mine<string>(SERVER_PATH)?.trim() || undefined;
}

/** Protected settings as the environment of the server. */
export function protectedEnvironment(): Record<string, string> {
    const said = Object.entries(PROTECTED).map(([key, variable]) => [variable, mine<unknown>(key)] as const);
    return Object.fromEntries(said.filter(([, value]) => value !== undefined && value !== '').map(([name, value]) => [name, String(value)]));
}

/** The options that were set anywhere, by their dotted names. */
export function options(): Record<string, unknown> {
    const configuration = workspace.getConfiguration(SECTION);
    const set = OPTIONS.filter((key) => {
        const found = configuration.inspect(key);
        return [found?.globalValue, found?.workspaceValue, found?.workspaceFolderValue].some((value) => value !== undefined);
    });
    return Object.fromEntries(set.map((key) => [key, configuration.get(key)]));
}

/** The settings for which the server has to be started anew. */
export function restarting(): string[] {
    return [SERVER_PATH, ...Object.keys(PROTECTED)].map((key) => `${SECTION}.${key}`);
}

/** What the person set for this machine. Their scope keeps workspaces out already; what one says is not even read. */
function mine<T>(key: string): T | undefined {
    return workspace.getConfiguration(SECTION).inspect<T>(key)?.globalValue;
}
