import assert from 'node:assert/strict';
import test from 'node:test';

import { cellsUpTo, staleCells, type Choice } from '../live/choosing.js';
import { runStale } from '../live/run_stale.js';
import type { CellAnswer, LiveStage, LiveStatus, StageAnswer } from '../wire/contract.js';

/** Cells: 0 setup, 1 load, 2 a plain cell that train needs, 3 train. */
function choice(
  statuses: Readonly<Record<string, LiveStatus>>,
  fresh: readonly string[] = ['c0', 'c2'],
  again: readonly string[] = []
): Choice {
  const cells = [
    { index: 0, stage: null, kind: 'setup', upstream: [] },
    { index: 1, stage: 'load', kind: 'stage', upstream: [0] },
    { index: 2, stage: null, kind: 'inline', upstream: [1] },
    { index: 3, stage: 'train', kind: 'stage', upstream: [2] }
  ].map(cell => ({ ...cell, id: `c${cell.index}` }) as unknown as CellAnswer);
  const stages = [
    { name: 'load', cells: [1] },
    { name: 'train', cells: [3] }
  ] as unknown as StageAnswer[];
  const states = new Map(
    Object.entries(statuses).map(([name, status]) => [name, { name, status, again } as unknown as LiveStage])
  );
  return { cells, stages, states, isFresh: id => fresh.includes(id) };
}

test('nothing runs where all is fresh or restored', () => {
  assert.deepEqual(staleCells(choice({ load: 'restored', train: 'fresh' })), []);
});

test('a stage that never ran brings along what it needs, in document order', () => {
  assert.deepEqual(staleCells(choice({ load: 'never', train: 'never' }, [])), [
    'c0',
    'c1',
    'c2',
    'c3'
  ]);
});

test('of a stage that waits for another nobody knows before that one ran', () => {
  const waiting = choice({ load: 'stale', train: 'undecided' });
  (waiting.states.get('train') as { waits_for?: string[] }).waits_for = ['c1'];
  assert.deepEqual(staleCells(waiting), ['c1']);
  const alone = choice({ load: 'fresh', train: 'undecided' });
  (alone.states.get('train') as { waits_for?: string[] }).waits_for = ['c1'];
  assert.deepEqual(staleCells(alone), ['c3']);
});

test('where the kernel says nothing all stages run', () => {
  assert.deepEqual(staleCells(choice({ load: 'undecided', train: 'undecided' })), ['c1', 'c3']);
});

test('what is fresh above a stale stage does not run again', () => {
  assert.deepEqual(staleCells(choice({ load: 'fresh', train: 'stale' })), ['c3']);
});

test('a setup cell that did not run comes along, though no stage reads of it', () => {
  assert.deepEqual(staleCells(choice({ load: 'fresh', train: 'stale' }, ['c2'])), ['c0', 'c3']);
});

test('the stage that a person points at runs even where it is fresh', () => {
  assert.deepEqual(cellsUpTo(choice({ load: 'fresh', train: 'fresh' }), 'train'), ['c3']);
});

test('what a stage changed in place runs again before it, though it is fresh', () => {
  const changed = choice({ load: 'fresh', train: 'stale' }, ['c0', 'c2'], ['c2', 'gone']);
  assert.deepEqual(staleCells(changed), ['c2', 'c3']);
});

test('where the cell that is to run again is of a stage, the stage runs whole', () => {
  const changed = choice({ load: 'fresh', train: 'stale' }, ['c0', 'c2'], ['c1']);
  assert.deepEqual(staleCells(changed), ['c1', 'c3']);
});

/** Run what is stale where `next` chooses, round by round; return what ran. */
async function rounds(next: readonly string[][], isAnswered = true, failing = ''): Promise<string> {
  const ran: string[] = [];
  let looks = 0;
  await runStale({
    next: () => next[Math.min(looks++, next.length - 1)] ?? [],
    run: cells => Promise.resolve(ran.push(...cells) > 0 && !cells.includes(failing)),
    isAnswered: () => isAnswered,
    ask: () => Promise.resolve()
  });
  return ran.join(' ');
}

test('what is left after a look runs next, until nothing is', async () => {
  assert.equal(await rounds([['a'], ['b'], []]), 'a b');
});

test('what does not become fresh by running it runs once', async () => {
  assert.equal(await rounds([['a', 'b'], ['b']]), 'a b');
});

test('where the kernel says nothing all runs once', async () => {
  assert.equal(await rounds([['load', 'a', 'b'], ['a', 'b', 'c']], false), 'load a b');
});

test('below a cell that failed nothing runs', async () => {
  assert.equal(await rounds([['a'], ['b']], true, 'a'), 'a');
});
