/** What must a person see before they promote? The verdict first, then what it rests on. */

import * as React from 'react';

import { StatusIcon } from '../graph/status_icon.js';
import { duration, number } from '../text.js';
import type { GateOutcome, PromotionPlan, Verdict } from '../wire/models.js';
import { noteLine, obstacleLine, verdict } from './promotion_words.js';

const SIGNS = { passed: 'fresh', failed: 'failed', skipped: 'never' } as const;

export function PlanView({ plan }: { readonly plan: PromotionPlan }): JSX.Element {
  const { infra, approvals } = plan;
  return (
    <section aria-label="Plan" className="mlops-nb-section">
      <h3>
        <StatusIcon status={plan.ready ? 'fresh' : plan.already ? 'restored' : 'failed'} />
        {plan.model}@{plan.version} → {plan.to}
      </h3>
      <p>{verdict(plan)}</p>
      {!plan.already && (
        <ul className="mlops-nb-findings">
          {plan.obstacles.map((obstacle, index) => (
            <li className="mlops-nb-finding mlops-nb-error" key={index}>
              {obstacleLine(plan, obstacle)}
              <p className="mlops-nb-remedy">{obstacle.remedy}</p>
              <code className="mlops-nb-code">
                {obstacle.code}
                {obstacle.overridable ? ' · can be forced' : ''}
              </code>
            </li>
          ))}
        </ul>
      )}
      {plan.notes.map((note, index) => (
        <p className="mlops-nb-reason" key={index}>
          {noteLine(note)}
        </p>
      ))}
      {plan.gates !== null && (
        <>
          <h4>Gates</h4>
          {plan.gates.outcomes.length === 0 && <p className="mlops-nb-quiet">No gate judged it.</p>}
          {plan.gates.outcomes.map((outcome, index) => (
            <Gate key={index} outcome={outcome} />
          ))}
        </>
      )}
      {infra !== null && (
        <>
          <h4>Does it serve?</h4>
          <Line sign={infra.passed ? 'passed' : 'failed'}>
            {infra.passed
              ? 'It loads in a fresh process and answers as it did when it was made.'
              : infra.problems.join(' ')}
            {infra.load_seconds !== null && <small> {duration(infra.load_seconds)}</small>}
          </Line>
        </>
      )}
      {approvals.needed > 0 && (
        <>
          <h4>Approvals</h4>
          <Line sign={approvals.missing === 0 ? 'passed' : 'failed'}>
            {approvals.counted.length} of {approvals.needed}
            {approvals.counted.length > 0 &&
              `: ${approvals.counted.map(({ actor }) => actor).join(', ')}`}
          </Line>
        </>
      )}
    </section>
  );
}

function Gate({ outcome }: { readonly outcome: GateOutcome }): JSX.Element {
  const champion = outcome.champion === null ? '' : ` (champion ${number(outcome.champion)})`;
  return (
    <Line sign={outcome.verdict}>
      <code>{outcome.gate}</code>
      {outcome.value !== null && (
        <b className="mlops-nb-number">
          {' '}
          {number(outcome.value)}
          {champion}
        </b>
      )}
      {outcome.verdict !== 'passed' && <p className="mlops-nb-reason">{outcome.reason}</p>}
    </Line>
  );
}

interface LineProps {
  readonly sign: Verdict;
  readonly children: React.ReactNode;
}

function Line({ sign, children }: LineProps): JSX.Element {
  return (
    <div className="mlops-nb-gate">
      <StatusIcon status={SIGNS[sign]} />
      <div>
        <span className="mlops-nb-hidden">{sign}: </span>
        {children}
      </div>
    </div>
  );
}
