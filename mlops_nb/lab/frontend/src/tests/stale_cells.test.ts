import assert from 'node:assert/strict';
import test from 'node:test';

import { cellsUpTo, staleCells, type Choice } from '../live/choosing.js';
import { disturbed } from '../live/disturbed.js';
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
  ].map(cell => ({ ...cell, id: `c${cell.index}`, reads: [], binds: [] }) as unknown as CellAnswer);
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
  const waiting = choice({ load: 'stale', train: 'undecided' }, ['c0']);
  (waiting.states.get('train') as { waits_for?: string[] }).waits_for = ['c1'];
  assert.deepEqual(staleCells(waiting), ['c1']);
  const alone = choice({ load: 'fresh', train: 'undecided' });
  (alone.states.get('train') as { waits_for?: string[] }).waits_for = ['c1'];
  assert.deepEqual(staleCells(alone), ['c3']);
});

test('where the kernel says nothing all stages run, and what is between them', () => {
  assert.deepEqual(staleCells(choice({ load: 'undecided', train: 'undecided' })), [
    'c1',
    'c2',
    'c3'
  ]);
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
  assert.deepEqual(staleCells(changed), ['c1', 'c2', 'c3']); // else c2 would be stale after it
});

/** Run what is stale where `next` chooses, round by round; return what ran. */
async function rounds(next: readonly string[][], isAnswered = true, failing = ''): Promise<string> {
  const order = [...new Set(next.flat())].sort();
  const ran: string[] = [];
  let looks = 0;
  await runStale({
    next: () => next[Math.min(looks++, next.length - 1)] ?? [],
    place: id => order.indexOf(id),
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

test('what ran before a cell above it had to run again runs once more', async () => {
  assert.equal(await rounds([['b', 'c'], ['a', 'd'], ['b', 'c'], ['b', 'c']]), 'b c a d b c');
});

test('cells that spoil each other for ever are left alone in the end', async () => {
  const turns = Array.from({ length: 20 }, (_, turn) => ['a', turn % 2 === 0 ? 'b' : 'c']);
  assert.equal(await rounds(turns), 'a b a c a b a c a b a c');
});

/** Cells of no stage but those whose name begins with s; what each touches, reads, depends on. */
function cellsOf(rows: readonly (readonly [string, string, string, readonly number[]])[]): CellAnswer[] {
  return rows.map(([id, binds, reads, upstream], index) => ({
    index,
    id,
    kind: id.startsWith('s') ? 'stage' : 'inline',
    stage: id.startsWith('s') ? id : null,
    carriers: [],
    binds: [...binds],
    reads: [...reads],
    upstream
  }));
}

test('who depends on a cell that runs again and is watched by nobody runs after it', () => {
  const cells = cellsOf([
    ['load', 'd', '', []],
    ['clean', 'x', 'd', [0]],
    ['sTrain', 'm', 'x', [1]],
    ['plot', '', 'd', [0]]
  ]);
  assert.deepEqual(disturbed(cells, new Set([0]), () => true), [1]); // the plot is needed by no stage
  assert.deepEqual(disturbed(cells, new Set([0]), () => false), []); // its time will come
});

test('a name that was bound anew above is brought back by whoever left it', () => {
  const cells = cellsOf([
    ['begin', 'ab', '', []],
    ['sFirst', 'b', '', []],
    ['sSecond', 'a', 'ab', [0, 1]]
  ]);
  assert.deepEqual(disturbed(cells, new Set([0, 2]), () => true), [1]);
  assert.deepEqual(disturbed(cells, new Set([2]), () => true), []);
});

test('a stage runs along where what it read is lost before anybody sees it', () => {
  const cells = cellsOf([
    ['begin', 'a', '', []],
    ['sFirst', 'b', 'a', [0]],
    ['change', 'a', 'a', [0]]
  ]);
  assert.deepEqual(disturbed(cells, new Set([0]), () => true), []);
  assert.deepEqual(disturbed(cells, new Set([0, 2]), () => true), [1]);
});
