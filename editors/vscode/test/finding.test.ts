import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { after, test } from 'node:test';
import { find, fits, pythons } from '../src/finding';
import type { Places } from '../src/finding';

const root = mkdtempSync(path.join(tmpdir(), 'kireji-'));
after(() => rmSync(root, { recursive: true }));

function program(folder: string, name: string, mode = 0o755): string {
    const file = path.join(root, folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, '');
    chmodSync(file, mode);
    return file;
}

const set = program('set', 'mine');
const python = program('venv/bin', 'python');
const selected = program('venv/bin', 'kireji');
const onPath = program('path', 'kireji');
const own = program('own/bin', 'kireji');
const nowhere: Places = { setting: undefined, python: undefined, path: '', own: path.join(root, 'none') };
const searched = [path.join(root, 'none'), path.join(root, 'path')].join(path.delimiter);
const everywhere: Places = { setting: set, python, path: searched, own: path.join(root, 'own') };

test('the places are searched best first', () => {
    const table: readonly [Places, string | undefined, string | undefined][] = [
        [everywhere, set, 'setting'],
        [{ ...everywhere, setting: undefined }, selected, 'python'],
        [{ ...everywhere, setting: undefined, python: undefined }, onPath, 'path'],
        [{ ...everywhere, setting: undefined, python: program('other/bin', 'python') }, onPath, 'path'],
        [{ ...nowhere, own: path.join(root, 'own') }, own, 'own'],
        [nowhere, undefined, undefined],
    ];
    for (const [places, wanted, place] of table) {
        const found = find(places, 'linux');
        assert.deepEqual([found?.program, found?.place], [wanted, place]);
    }
});

test('a setting that names no program is not made up for', () => {
    for (const setting of [path.join(root, 'none'), root, program('set', 'text', 0o644), 'kireji']) {
        assert.equal(find({ ...everywhere, setting }, 'linux'), undefined);
    }
});

test('a search path with a folder that is not absolute leads into no workspace', () => {
    const here = path.relative(process.cwd(), path.join(root, 'path'));
    assert.equal(find({ ...nowhere, path: ['', '.', here].join(path.delimiter) }, 'linux'), undefined);
    assert.deepEqual(pythons(['', '.', here].join(path.delimiter), 'linux'), []);
});

test('Pythons come in the order of the path', () => {
    const first = program('a', 'python3');
    const second = program('b', 'python');
    assert.deepEqual(pythons([path.dirname(first), path.dirname(second)].join(path.delimiter), 'linux'), [first, second]);
});

test('a server fits where no release between may have changed anything', () => {
    const table: readonly [string | undefined, string, boolean][] = [
        ['0.1.0', '0.1.9', true],
        ['0.1.9', '0.1.0', true],
        ['0.2.0', '0.1.0', false],
        ['1.0.0', '0.1.0', false],
        ['1.0.0', '1.7.0', true],
        ['2.0.0', '1.7.0', false],
        ['', '1.7.0', false],
        [undefined, '0.1.0', false],
    ];
    for (const [server, extension, wanted] of table) {
        assert.equal(fits(server, extension), wanted, `${server} and ${extension}`);
    }
});
