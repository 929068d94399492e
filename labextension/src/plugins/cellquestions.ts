/** What is asked about a cell from where it stands. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Attached } from '../session/attached';
import type { ICrush, ICrushPanel } from '../tokens';

export class CellQuestions {
  constructor(
    private readonly _crush: ICrush,
    private readonly _panel: ICrushPanel,
    private readonly _trans: TranslationBundle
  ) {}

  /** The person writes the question. */
  ask(attached: Attached | null): void {
    this._panel.compose('', attached ? [attached] : []);
  }

  explain(attached: Attached): void {
    this._send(this._trans.__('Explain this cell'), attached);
  }

  explainError(attached: Attached): void {
    this._send(this._trans.__('Explain this error'), attached);
  }

  fixError(attached: Attached): void {
    this._send(this._trans.__('Fix the error in this cell'), attached);
  }

  private _send(prompt: string, attached: Attached): void {
    const { conversation, notebooks, settings } = this._crush;
    this._panel.focus();
    void conversation.send(prompt, [attached], settings.whileBusy, notebooks.save());
  }
}
