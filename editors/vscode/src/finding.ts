// Where `kireji` may be, best first, and whether what was found fits. Looks at files; runs nothing.
import { accessSync, constants, statSync } from 'node:fs';
import * as path from 'node:path';

export type Place = 'setting' | 'python' | 'path' | 'own';

/** A program that can be started, and how it was found. */
export interface Found {
    readonly program: string;
    readonly place: Place;
}

/** Where to look. `python` is the interpreter selected in a trusted workspace; `own` the environment that we make. */
export interface Places {
    readonly setting: string | undefined;
    readonly python: string | undefined;
    readonly path: string;
    readonly own: string;
}

/** The server to start, or nothing. A setting that names no program is not made up for by another. */
export function find(places: Places, platform: NodeJS.Platform = process.platform): Found | undefined {
    if (places.setting !== undefined) {
        return first('setting', [places.setting]);
    }
    const name = platform === 'win32' ? 'kireji.exe' : 'kireji';
    const folders = absolute(places.path);
    return (
        first('python', places.python === undefined ? [] : [path.join(path.dirname(places.python), name)]) ??
        first('path', folders.map((folder) => path.join(folder, name))) ??
        first('own', [programIn(places.own, 'kireji', platform)])
    );
}

/** A program of a Python environment. */
export function programIn(environment: string, name: string, platform: NodeJS.Platform = process.platform): string {
    return platform === 'win32' ? path.join(environment, 'Scripts', `${name}.exe`) : path.join(environment, 'bin', name);
}

/** The Pythons on the PATH, first first. */
export function pythons(searched: string, platform: NodeJS.Platform = process.platform): string[] {
    const names = platform === 'win32' ? ['python.exe', 'python3.exe'] : ['python3', 'python'];
    return absolute(searched).flatMap((folder) => names.map((name) => path.join(folder, name))).filter(runs);
}

/** Whether a server and this extension were made for each other: until 1.0 a minor version may change anything. */
export function fits(server: string | undefined, extension: string): boolean {
    const [major, minor] = parts(extension);
    const [theirMajor, theirMinor] = parts(server ?? '');
    return major === theirMajor && (major !== '0' || minor === theirMinor);
}

/** The folders of a search path. An entry that is not absolute would be looked up in a folder of the workspace. */
function absolute(searched: string): string[] {
    return searched.split(path.delimiter).filter((folder) => path.isAbsolute(folder));
}

function parts(version: string): string[] {
    return version.split('.', 2);
}

function first(place: Place, programs: readonly string[]): Found | undefined {
    const program = programs.find(runs);
    return program === undefined ? undefined : { program, place };
}

function runs(program: string): boolean {
    try {
        accessSync(program, constants.X_OK);
        return path.isAbsolute(program) && statSync(program).isFile();
    } catch {
        return false;
    }
}
