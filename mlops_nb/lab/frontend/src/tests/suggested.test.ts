import assert from 'node:assert/strict';
import test from 'node:test';

import { allOf, chosenEdits, faultOfChoices, toLines } from '../tagging/suggested.js';
import type { SentCell, Suggestions } from '../wire/contract.js';

const SAID = {
  stages: [
    { name: 'load', cell_ids: ['a'], why: '' },
    { name: 'train', cell_ids: ['b', 'c'], why: '' }
  ],
  tags: [{ cell_id: 'p', tag: 'parameters', reason: '' }],
  edits: [
    { cell_id: 'p', tags: ['parameters'] },
    { cell_id: 'a', metadata: { stage: 'load' } },
    { cell_id: 'b', metadata: { stage: 'train', needs: ['load'], metrics: ['load'] } },
    { cell_id: 'c', metadata: { stage: 'train' } },
    { insert_after: null, cell_type: 'code', source: '%load_ext mlops_nb', tags: [] }
  ],
  why_not: '',
  diff: ''
} as unknown as Suggestions;

test('who chooses nothing takes all that was suggested', () => {
  assert.deepEqual(chosenEdits(SAID, allOf(SAID)), SAID.edits);
});

test('a stage that is not wanted leaves its cells as they are', () => {
  const stages = new Map(allOf(SAID).stages).set('train', { isTaken: false, name: 'no name!' });
  const choices = { stages, untagged: new Set(['p']) };
  assert.deepEqual(chosenEdits(SAID, choices), [SAID.edits[1], SAID.edits[4]]);
  assert.equal(faultOfChoices(choices), '');
});

test('another name stands wherever the stage is named, and nowhere else', () => {
  const stages = new Map(allOf(SAID).stages).set('load', { isTaken: true, name: 'ingest' });
  const edits = chosenEdits(SAID, { stages, untagged: new Set() });
  assert.deepEqual(edits.slice(1, 3), [
    { cell_id: 'a', metadata: { stage: 'ingest' } },
    { cell_id: 'b', metadata: { stage: 'train', needs: ['ingest'], metrics: ['load'] } }
  ]);
});

test('a name that is none is told before anything changes', () => {
  const stages = new Map(allOf(SAID).stages).set('load', { isTaken: true, name: '1st' });
  assert.match(faultOfChoices({ stages, untagged: new Set() }), /'1st' is no stage name/);
});

test('what changes is told cell by cell', () => {
  const cells = [{ id: 'p', source: '\nn = 3' }, { id: 'a', source: 'x = 1' }] as unknown as SentCell[];
  assert.equal(
    toLines(chosenEdits(SAID, allOf(SAID)).slice(0, 2), cells),
    '@@ cell 0 @@\n+tags: parameters\n n = 3\n@@ cell 1 @@\n+mlops_nb: {"stage":"load"}\n x = 1'
  );
});
