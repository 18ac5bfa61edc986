import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

import { faultOf, initialText, kindOf, toParameters } from '../jobs/parameter_values.js';
import { OPTION_FIELDS } from '../tagging/option_table.js';
import { spread, toText, withOptions } from '../tagging/option_values.js';
import type { Parameter } from '../wire/contract.js';
import { type CellDirective, faultOfName } from '../wire/directive.js';

function parameter(source: string, types: string[], more: Partial<Parameter> = {}): Parameter {
  const type = types.join(' | ') || 'any';
  const base = { name: 'p', optional: false, choices: [], default: null, description: '' };
  return { ...base, type, types, source, ...more };
}

const KINDS: readonly (readonly [Parameter, string])[] = [
  [parameter('3', ['int'], { default: 3 }), 'number'],
  [parameter('3', ['int', 'float'], { default: 3 }), 'number'],
  [parameter('True', ['bool'], { default: true }), 'flag'],
  [parameter('None', ['bool'], { optional: true }), 'text'],
  [parameter("'a'", ['str'], { choices: ['a', 'b'], default: 'a' }), 'choice'],
  [parameter('f()', []), 'text']
];

for (const [one, kind] of KINDS) {
  test(`a parameter of type ${one.type} is entered as ${kind}`, () => {
    assert.equal(kindOf(one), kind);
  });
}

const FAULTS: readonly (readonly [string, string[], boolean])[] = [
  ['4', ['int'], false],
  ['4.5', ['int'], true],
  ['1_000', ['int'], false],
  ['1e-3', ['float'], false],
  ['-.5', ['float'], false],
  ['nan', ['float'], false],
  ['many', ['float'], true],
  ['many', ['str'], false],
  ['', ['int'], true]
];

for (const [text, types, isWrong] of FAULTS) {
  test(`${JSON.stringify(text)} as ${types.join()} is ${isWrong ? 'wrong' : 'right'}`, () => {
    assert.equal(faultOf(parameter('3', types), text) !== '', isWrong);
  });
}

test('a default that is no number is left as it is', () => {
  assert.equal(faultOf(parameter('len(x)', ['int']), 'len(x)'), '');
});

test('texts start without their quotes, other defaults as they are spelt', () => {
  assert.equal(initialText(parameter("'churn'", ['str'], { default: 'churn' })), 'churn');
  assert.equal(initialText(parameter('1_000', ['int'], { default: 1000 })), '1_000');
});

test('only what was changed is sent', () => {
  const rate = parameter('0.1', ['float'], { name: 'rate' });
  const fast = parameter('False', ['bool'], { name: 'fast', default: false });
  const parameters = [rate, fast, parameter('3', ['int'], { name: 'n' })];
  assert.deepEqual(toParameters(parameters, { rate: '0.2', fast: 'True', n: '3' }), {
    rate: '0.2',
    fast: true
  });
});

const VALUES: readonly CellDirective[] = [
  {},
  { stage: 'train', metrics: ['acc', 'loss'] },
  { stage: 'train', deps: ['my data.csv', "it's.csv", 'plain.csv'] },
  { timeout: '10m', retries: 2, cache: false }
];

for (const own of VALUES) {
  test(`a form that nobody touched changes nothing of ${JSON.stringify(own)}`, () => {
    const texts = OPTION_FIELDS.map(({ name }) => [name, toText(own[name])]);
    assert.deepEqual(withOptions(own, Object.fromEntries(texts)), own);
  });
}

test('a form writes values of the types that metadata has', () => {
  const texts = { metrics: 'acc, loss', deps: '"my data.csv"', retries: '2', cache: 'true', model: '' };
  assert.deepEqual(withOptions({ stage: 'train', model: 'clf' }, texts), {
    stage: 'train',
    metrics: ['acc', 'loss'],
    deps: ['my data.csv'],
    retries: 2,
    cache: true
  });
});

test('a number that is none is sent as it is, for the server to say so', () => {
  assert.deepEqual(withOptions({}, { retries: 'two' }), { retries: 'two' });
});

test('stage names are those of the grammar', () => {
  const names = ['train', '_a-1', '1a', '', '"><img src=x>', 'a b'];
  assert.deepEqual(
    names.map(name => faultOfName(name) === ''),
    [true, true, false, false, false, false]
  );
});

test('the Property Inspector knows no option that the form does not', () => {
  const schema = JSON.parse(readFileSync('schema/pipeline.json', 'utf8'));
  const { properties } = schema['jupyter.lab.metadataforms'][0].metadataSchema;
  const names = Object.keys(properties).map(key => key.replace('/mlops_nb/', ''));
  const known = ['stage', ...OPTION_FIELDS.map(({ name }) => name)];
  assert.deepEqual(
    names.filter(name => !known.includes(name)),
    []
  );
});

test('an option stays with the cell that says it, and a new one goes to the first', () => {
  const owns: CellDirective[] = [{ stage: 'train' }, { stage: 'train', model: 'clf' }, {}];
  assert.deepEqual(spread(owns, { stage: 'train', model: 'knc', after: ['load'] }), [
    { stage: 'train', after: ['load'] },
    { stage: 'train', model: 'knc' },
    {}
  ]);
  assert.deepEqual(spread(owns, { stage: 'train' }), [{ stage: 'train' }, { stage: 'train' }, {}]);
});
