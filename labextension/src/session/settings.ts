/** What a person chose in JupyterLab's settings; the schema has the meaning of each. */
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { Signal } from '@lumino/signaling';
import type { RunMode } from '../wire';

export class Settings {
  readonly changed = new Signal<this, void>(this);

  get attachNotebook(): boolean {
    return this._read('attachNotebook', true);
  }

  get openCreated(): boolean {
    return this._read('openCreated', true);
  }

  get whileBusy(): RunMode {
    return this._read<RunMode>('whileBusy', 'queue');
  }

  setWhileBusy(mode: RunMode): void {
    void this._settings?.set('whileBusy', mode);
  }

  get notify(): boolean {
    return this._read('notify', false);
  }

  get showReasoning(): boolean {
    return this._read('showReasoning', false);
  }

  connect(settings: ISettingRegistry.ISettings): void {
    this._settings = settings;
    settings.changed.connect(() => this.changed.emit());
    this.changed.emit();
  }

  private _read<T extends boolean | string>(name: string, otherwise: T): T {
    const value = this._settings?.get(name).composite;
    return typeof value === typeof otherwise ? (value as T) : otherwise;
  }

  private _settings: ISettingRegistry.ISettings | null = null;
}
