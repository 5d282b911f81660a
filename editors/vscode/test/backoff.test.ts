import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MOST_UNHEARD, RECOVERED, delay, ended } from '../src/backoff';
import type { Ends } from '../src/backoff';

test('each wait is longer than the one before, and at last there is none', () => {
    let ends: Ends = [];
    const waits: (number | undefined)[] = [];
    for (let now = 0; now < 8; now++) {
        ends = ended(ends, now, now + 1);
        waits.push(delay(ends));
    }
    assert.deepEqual(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, undefined, undefined]);
});

test('a server that ran well for long is started again at once', () => {
    const often = [1, 2, 3, 4, 5, 6];
    assert.equal(delay(ended(often, 10, 11)), undefined);
    assert.equal(delay(ended(often, 10, 10 + RECOVERED)), 1_000);
});

test('a server that never answered is given up soon', () => {
    assert.deepEqual([[1], [1, 2], [1, 2, 3]].map((ends) => delay(ends, MOST_UNHEARD)), [1_000, 2_000, undefined]);
});
