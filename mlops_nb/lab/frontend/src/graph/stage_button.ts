/** What makes something that is drawn of a stage a button? The same for its box and its row. */

import type { Diagnostic, LiveStage, StageAnswer } from '../wire/contract.js';
import { spoken } from './labels.js';
import type { Hands } from './walking.js';

export interface StageButtonProps {
  readonly stage: StageAnswer;
  readonly state: LiveStage;
  readonly findings: readonly Diagnostic[];
  readonly isCurrent: boolean;
  readonly isTabStop: boolean;
  readonly hands: Hands;
}

/** Return the attributes of a stage's button; it leads to the stage's cell. */
export function stageButton(props: StageButtonProps): React.AriaAttributes & {
  readonly 'data-stage': string;
  readonly role: string;
  readonly tabIndex: number;
  onClick(): void;
  onFocus(): void;
  onMouseEnter(): void;
  onMouseLeave(): void;
} {
  const { stage, state, findings, hands } = props;
  return {
    'aria-current': props.isCurrent,
    'aria-label': spoken(stage, state, findings),
    'data-stage': stage.name,
    onClick: () => hands.onOpen(stage.name),
    onFocus: () => hands.onFocus(stage.name),
    onMouseEnter: () => hands.onPoint(stage.name),
    onMouseLeave: () => hands.onPoint(null),
    role: 'button',
    tabIndex: props.isTabStop ? 0 : -1
  };
}

/** Return how many findings a badge tells of. */
export function badgeText(findings: readonly Diagnostic[]): string {
  return findings.length > 9 ? '9+' : String(findings.length);
}
