import assert from 'node:assert/strict';
import { test } from 'node:test';
import { page, worthTelling } from '../src/explain';
import type { Explanation } from '../src/explain';

const SHOWN: Explanation = {
    offered: true,
    detail: '',
    provider: 'anthropic',
    model: 'claude-haiku-5-5',
    findings: [],
    gates: [{ gate: 'syntax', state: 'pass', elapsed_ms: 0.31, note: '' }],
    repairs: ['indent'],
    stages: [{ stage: 'stream', elapsed_ms: 412.06 }],
    redactions: [],
    tokens: { input: 10, output: 20, cache_read: 990, cache_write: 0 },
    cost_usd: 0.000012,
};

test('a page says what was shown and what was not, and why', () => {
    const withheld: Explanation = {
        ...SHOWN,
        offered: false,
        reason: 'a gate proved the answer wrong',
        stage: 'gates',
        repairs: [],
        findings: [{ gate: 'ruff', code: 'F821', message: 'Undefined name `wrong`' }],
    };
    const text = page([withheld, SHOWN]);
    for (const said of [
        '## 1. withheld: a gate proved the answer wrong',
        '- Decided at: gates',
        '- **ruff** F821: Undefined name `wrong`',
        '## 2. shown',
        '- Repaired: indent',
        '- Cost: $0.000012 (1000 tokens in, 20 out)',
        '| syntax | pass    | 0.3 ms |      |',
        '| stream | 412.1 ms |',
    ]) {
        assert.ok(text.includes(said), `${said}\n\n${text}`);
    }
});

test('what was never asked has no cost', () => {
    const nothing = { input: 0, output: 0, cache_read: 0, cache_write: 0 };
    assert.ok(!page([{ ...SHOWN, tokens: nothing, cost_usd: 0 }]).includes('Cost'));
});

test('what was overtaken is left out, unless there is nothing else', () => {
    const overtaken: Explanation = { ...SHOWN, offered: false, reason: 'the request was cancelled', stage: 'deliver' };
    assert.deepEqual(worthTelling([overtaken, SHOWN, overtaken, SHOWN, SHOWN], 2), [SHOWN, SHOWN]);
    assert.deepEqual(worthTelling([overtaken], 2), [overtaken]);
});
