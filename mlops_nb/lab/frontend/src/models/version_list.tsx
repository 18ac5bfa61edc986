/** Which versions does a model have? Newest first, with what they are called and how good they are. */

import * as React from 'react';

import { ago, number } from '../text.js';
import type { ModelVersion, RegisteredModel } from '../wire/models.js';

interface VersionsProps {
  readonly model: RegisteredModel;
  readonly chosen: number | null;
  onChoose(version: number): void;
}

export function VersionList({ model, chosen, onChoose }: VersionsProps): JSX.Element {
  const sorted = [...model.versions].sort((a, b) => b.version - a.version);
  return (
    <div aria-label={`Versions of ${model.name}`} className="mlops-nb-versions" role="radiogroup">
      {sorted.map(one => (
        <VersionRow
          isChosen={one.version === chosen}
          key={one.version}
          onChoose={() => onChoose(one.version)}
          version={one}
        />
      ))}
    </div>
  );
}

interface RowProps {
  readonly version: ModelVersion;
  readonly isChosen: boolean;
  onChoose(): void;
}

function VersionRow({ version, isChosen, onChoose }: RowProps): JSX.Element {
  const metrics = Object.entries(version.metrics).slice(0, 3);
  const words = metrics.map(([name, value]) => `${name} ${number(value)}`);
  if (version.archived !== null) {
    words.unshift('archived');
  }
  return (
    <label className="mlops-nb-version">
      <input checked={isChosen} name="mlops-nb-version" onChange={onChoose} type="radio" />
      <span>
        <b>Version {version.version}</b>
        {version.aliases.map(alias => (
          <span className="mlops-nb-alias" key={alias}>
            {alias}
          </span>
        ))}
        <small>{words.join(' · ')}</small>
      </span>
      <small>{version.created === null ? '' : ago(version.created, new Date())}</small>
    </label>
  );
}
