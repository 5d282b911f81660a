import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Server } from '../src/server';

const NEVER = 2 ** 31 - 1;

const folder = mkdtempSync(join(tmpdir(), 'kireji-'));
after(() => rmSync(folder, { recursive: true }));
let programs = 0;

function server(script: string): Server {
    const program = join(folder, `kireji-${(programs += 1)}`);
    writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return new Server({ program, environment: { SAID: 'hello' }, folder });
}

void test('has pipes, and gets what the editor has and what is said', async () => {
    const made = server('echo "$1 $SAID ${PATH:+found}"');
    const { stdout } = await made.pipes();
    assert.ok(stdout);
    assert.equal(String((await stdout.take(1).toArray())[0]), 'serve hello found\n');
});

void test('one that ends by itself is not ended', async () => {
    const made = server('read -r _; exit 3');
    (await made.pipes()).stdin?.end();
    await made.end(NEVER);
    assert.equal(await made.ended, 'with code 3');
});

void test('one that does not end is ended', async () => {
    const made = server('trap "" TERM; while :; do sleep 1; done');
    await made.end(0);
    assert.equal(await made.ended, 'by SIGKILL');
});

void test('one that cannot be started says so, and has ended', async () => {
    const made = new Server({ program: '/nothing/kireji', environment: {}, folder: tmpdir() });
    await assert.rejects(made.pipes(), /ENOENT/);
    await made.end(NEVER);
});
