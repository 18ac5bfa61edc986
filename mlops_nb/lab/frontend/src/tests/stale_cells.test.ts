import assert from 'node:assert/strict';
import test from 'node:test';

import { cellsUpTo, staleCells, type Choice } from '../live/choosing.js';
import type { StageState } from '../live/statuses.js';
import type { CellAnswer, LiveStatus, StageAnswer } from '../wire/contract.js';

/** Cells: 0 setup, 1 load, 2 a plain cell that train needs, 3 train. */
function choice(
  statuses: Readonly<Record<string, LiveStatus>>,
  fresh: readonly string[] = ['c0', 'c2']
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
    Object.entries(statuses).map(([name, status]) => [name, { status } as StageState])
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

test('what is fresh above a stale stage does not run again', () => {
  assert.deepEqual(staleCells(choice({ load: 'fresh', train: 'stale' })), ['c3']);
});

test('a setup cell that did not run comes along, though no stage reads of it', () => {
  assert.deepEqual(staleCells(choice({ load: 'fresh', train: 'stale' }, ['c2'])), ['c0', 'c3']);
});

test('the stage that a person points at runs even where it is fresh', () => {
  assert.deepEqual(cellsUpTo(choice({ load: 'fresh', train: 'fresh' }), 'train'), ['c3']);
});
