import assert from 'node:assert/strict';
import { test } from 'node:test';
import { absent, dollars, notice, shown } from '../src/status';
import type { Absence, State, Status } from '../src/status';

const READY: Status = {
    state: 'ready',
    reason: '',
    provider: 'anthropic',
    model: 'claude-haiku-5-5',
    spentToday: 0.123,
    dailyCap: 5,
    secondsLeft: null,
    cause: '',
};
const STATES: readonly State[] = ['starting', 'ready', 'paused', 'snoozed', 'limited'];
const ABSENCES: readonly Absence[] = ['missing', 'stopped', 'misfit', 'installing'];

test('a status says its state, its reason, who answers and what it cost', () => {
    const limited = shown({ ...READY, state: 'limited', reason: 'the daily spending cap is reached' });
    assert.equal(limited.text, '$(warning) Kireji limited $0.12');
    assert.equal(shown({ ...READY, spentToday: 0.004 }).text, '$(check) Kireji', 'small sums would only flicker');
    assert.equal(
        limited.spoken,
        'Kireji is limited: the daily spending cap is reached. Answered by claude-haiku-5-5. Spent today: $0.12 of $5.00. Opens the menu.',
    );
    assert.match(shown({ ...READY, provider: 'local', model: 'copy-engine' }).spoken, /no model is asked/);
    assert.match(shown({ ...READY, spentToday: null }).spoken, /cannot be read/);
    assert.match(shown({ ...READY, state: 'snoozed', secondsLeft: 61 }).text, /snoozed for 2 min/);
});

test('no two states differ by colour alone', () => {
    const texts = [...STATES.map((state) => shown({ ...READY, state }).text), ...ABSENCES.map((why) => absent(why).text)];
    assert.equal(new Set(texts).size, texts.length);
    assert.equal(new Set(texts.map((text) => text.replace(/\$\(.*?\)/, ''))).size, texts.length, 'words alone tell them apart');
});

test('what a person has to do something about', () => {
    assert.equal(notice(READY), undefined);
    assert.equal(notice({ ...READY, state: 'limited', cause: 'cap_reached' }), undefined);
    assert.equal(notice({ ...READY, state: 'limited', cause: 'misconfigured' }), 'refused');
    assert.equal(notice({ ...READY, state: 'limited', cause: 'key_refused' }), 'refused');
    assert.equal(notice({ ...READY, state: 'limited', cause: 'timeout' }), undefined);
    assert.equal(notice({ ...READY, provider: 'local' }), 'keyless');
});

test('small sums say something', () => {
    assert.deepEqual([0, 0.00012, 0.5, 12].map(dollars), ['$0.00', '$0.00012', '$0.50', '$12.00']);
});
