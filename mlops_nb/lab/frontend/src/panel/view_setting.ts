/** Who keeps how stages are to be drawn? JupyterLab's settings, where there are any; else the page. */

import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { type ISignal, Signal } from '@lumino/signaling';

import { type ViewChoice, toChoice } from '../graph/views.js';

const KEY = 'view';

export class ViewSetting {
  private readonly signal = new Signal<this, void>(this);
  private settings: ISettingRegistry.ISettings | null = null;
  private choice: ViewChoice = 'auto';

  /** Read the settings of a plugin, now and whenever they change. */
  async follow(registry: ISettingRegistry, plugin: string): Promise<void> {
    const settings = await registry.load(plugin);
    this.settings = settings;
    settings.changed.connect(() => this.read(settings));
    this.read(settings);
  }

  get changed(): ISignal<this, void> {
    return this.signal;
  }

  get value(): ViewChoice {
    return this.choice;
  }

  /** Draw stages that way from now on. */
  readonly choose = (choice: ViewChoice): void => {
    this.tell(choice);
    // A server that keeps no settings is no reason not to draw.
    this.settings?.set(KEY, choice).catch(() => undefined);
  };

  private read(settings: ISettingRegistry.ISettings): void {
    this.tell(toChoice(settings.get(KEY).composite));
  }

  private tell(choice: ViewChoice): void {
    if (choice !== this.choice) {
      this.choice = choice;
      this.signal.emit(undefined);
    }
  }
}
