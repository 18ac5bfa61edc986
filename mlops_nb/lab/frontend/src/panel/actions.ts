/** What can a person do from the panel? The doors of the other parts, in one place. */

import type { RunPreset } from '../jobs/run_draft.js';
import type { Diagnostic } from '../wire/contract.js';

export interface StageActions {
  open(stage: string): void;
  runStale(): void;
  runTo(stage: string): void;
  rename(stage: string): void;
  editOptions(stage: string): void;
  runHeadless(preset?: RunPreset): void;
}

export interface FindingActions {
  show(finding: Diagnostic): void;
  fix(finding: Diagnostic): void;
  fixAll(): void;
  explain(finding: Diagnostic): void;
}

export interface NotebookActs extends StageActions, FindingActions {
  readonly suggest: () => void;
  readonly tagActiveCell: () => void;
  readonly canTag: () => boolean;
  readonly runStale: () => void;
  readonly fixAll: () => void;
  readonly loadExtension: () => void;
}
