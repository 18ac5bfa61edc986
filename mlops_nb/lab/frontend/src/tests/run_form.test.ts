import assert from 'node:assert/strict';
import test from 'node:test';

import { planSummary } from '../jobs/plan_words.js';
import { faultAt, newDraft, optionWords, shelfOf, titleOf, toRequest } from '../jobs/run_draft.js';
import type { Parameter, PlanAnswer } from '../wire/contract.js';
import { readRefusal, toFault } from '../wire/fault.js';

const RATE = { name: 'rate', types: ['float'], source: '0.1', default: 0.1 } as unknown as Parameter;

test('a form that nobody touched asks for the notebook as it is', () => {
  assert.deepEqual(toRequest('a.ipynb', [RATE], newDraft({})), { path: 'a.ipynb', parameters: {} });
});

test('a form asks for what was said in it', () => {
  const draft = {
    ...newDraft({ scope: 'until', stage: 'train', force: ['load'] }),
    texts: { rate: '0.2' },
    isUncached: true,
    gates: ' accuracy >= 0.9 \n\nauc > 0.8',
    register: ' churn ',
    isPromoted: true
  };
  assert.deepEqual(toRequest('a.ipynb', [RATE], draft), {
    path: 'a.ipynb',
    parameters: { rate: '0.2' },
    until: 'train',
    force: ['load'],
    no_cache: true,
    gates: ['accuracy >= 0.9', 'auc > 0.8'],
    register: 'churn',
    promote_if_passed: true
  });
  assert.equal(optionWords(draft), 'nothing restored · 2 gates · register as churn · promote');
});

test('nothing is promoted that is not registered', () => {
  const draft = { ...newDraft({ scope: 'stage', stage: 'train' }), isPromoted: true };
  const request = toRequest('a.ipynb', [], draft);
  assert.deepEqual(request, { path: 'a.ipynb', parameters: {}, stage: ['train'] });
});

test('a form says what it will run', () => {
  assert.deepEqual(
    [
      titleOf({}),
      titleOf({ scope: 'until', stage: 'a' }),
      titleOf({ scope: 'stage', stage: 'a' }),
      titleOf({ scope: 'stage', stage: 'a', force: ['a'] })
    ],
    ['Run headless', 'Run headless up to a', 'Run a headless', 'Run a again, headless']
  );
});

const refusal = (field: string) => ({ code: 'MNB302', message: 'no.', place: '', remedy: 'Do.', field });

test('a refusal stands beside its field, or above all of them', () => {
  const fields = ['parameters.rate', 'parameters.gone', 'until', 'gates', 'register', '', 'output'];
  assert.deepEqual(
    fields.map(field => shelfOf(refusal(field), [RATE])),
    ['field', 'top', 'field', 'folded', 'folded', 'top', 'top']
  );
  assert.equal(faultAt(refusal('gates'), 'gates'), 'no. Do.');
  assert.equal(faultAt(refusal('gates'), 'register'), '');
  assert.equal(faultAt(null, ''), '');
});

test('a refusal that comes as an answer is one', () => {
  const refused = { status: 422, ...refusal('parameters.rate') };
  assert.deepEqual(toFault(readRefusal({ refused })), refusal('parameters.rate'));
  assert.deepEqual([readRefusal({ stages: [] }), readRefusal(null)], [null, null]);
});

function plan(...actions: string[]): PlanAnswer {
  const stages = actions.map((action, n) => ({ name: `s${n}`, action, reason: '' }));
  return { stages, notes: [], why_not: null } as unknown as PlanAnswer;
}

test('a plan is told in a line', () => {
  assert.deepEqual(
    [
      planSummary(null, 2, false),
      planSummary(null, 2, true),
      planSummary(plan('run', 'restore', 'undecided', 'skip'), 4, false),
      planSummary(plan(), 0, false),
      planSummary({ ...plan('undecided'), why_not: refusal('') }, 1, false)
    ],
    [
      'Looking what has to run …',
      'Everything will run; nothing is restored.',
      '1 of 4 stages will run, 1 restored, 1 left out, 1 decided on the way',
      'This notebook has no stages: all its cells will run.',
      'no. Do.'
    ]
  );
});
