/** What `/` does in the composer: commands of the panel, and the workspace's own prompts (`.crush/commands/*.md`). */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ExportFormat } from '../session/actions';
import type { Found, Mention } from '../context/mentions';
import type { ICrush } from '../tokens';
import type { PermissionMode, PromptCommand } from '../wire';

/** What a command came to: it is done, text for the composer, or a prompt to be sent. */
export type Outcome = { readonly compose: string } | { readonly send: string } | null;

interface Command {
  readonly name: string;
  readonly hint: string;
  /** What may follow the name; none: it is run as soon as it is chosen. */
  readonly values?: () => readonly Value[];
  readonly takesWords?: boolean;
  readonly run: (words: string) => Outcome | undefined;
}

interface Value {
  readonly name: string;
  readonly hint: string;
}

const LINE = /^\/([\w-]+)(?:\s+([\s\S]*))?$/;
const TYPING = /^\/([\w-]*)$/;
const TYPING_VALUE = /^\/([\w-]+) (\S*)$/;
const FORMATS: readonly ExportFormat[] = ['markdown', 'ipynb', 'json'];

/** Owner of what prompts the workspace is known to have, and of the line in which what may be one of them waits. */
export class SlashCommands {
  constructor(
    private readonly _crush: Pick<ICrush, 'live' | 'conversation' | 'actions' | 'changes'>,
    private readonly _trans: TranslationBundle
  ) {}

  /** What is offered for what is typed, up to the caret; null: it is no command. */
  readonly find = (typed: string): Found | null => {
    const value = TYPING_VALUE.exec(typed);
    if (value) {
      return { now: this._valuesFor(value[1] ?? '', (value[2] ?? '').toLowerCase()), later: null };
    }
    const name = TYPING.exec(typed)?.[1];
    return name === undefined ? null : this._named(name.toLowerCase());
  };

  /** Run what was written; undefined: it is no command. What may be one of the workspace's own waits its turn. */
  run(text: string): Promise<Outcome | undefined> {
    const [, name, words = ''] = LINE.exec(text) ?? [];
    const own = this._own().find(command => command.name === name);
    if (own) {
      return Promise.resolve(own.run(words.trim()) ?? null);
    }
    const mine = this._line.then(() => (name === undefined ? undefined : this._filled(name, words.trim())));
    this._line = mine;
    return mine;
  }

  private async _filled(name: string, words: string): Promise<Outcome | undefined> {
    await this._look();
    const prompt = this._prompts.find(command => command.name === name)?.prompt;
    return prompt === undefined ? undefined : { send: fillArguments(prompt, words) };
  }

  /** The panel's own commands are there at once; those of the workspace come when it has been asked. */
  private _named(typed: string): Found {
    if (typed === '') {
      this._looking = null; // a person begins: look again
      this._isKnown = false;
    }
    const looking = this._look();
    return {
      now: this._matching(typed),
      later: this._isKnown ? null : looking.then(() => this._matching(typed))
    };
  }

  private _matching(typed: string): Mention[] {
    const own = this._own();
    const prompts = this._prompts.filter(prompt => !own.some(command => command.name === prompt.name));
    return [
      ...own.map(command => mention(command.name, command.hint, !command.values && !command.takesWords)),
      ...prompts.map(({ name, description, prompt }) => mention(name, description, !prompt.includes('$ARGUMENTS')))
    ].filter(one => one.label.startsWith(`/${typed}`));
  }

  private _valuesFor(name: string, typed: string): Mention[] {
    const values =
      this._own()
        .find(command => command.name === name)
        ?.values?.() ?? [];
    return values
      .filter(value => value.name.toLowerCase().startsWith(typed))
      .map(value => ({ ...mention(`${name} ${value.name}`, value.hint, true), label: value.name }));
  }

  /** Ask what prompts the workspace has, unless that is known. */
  private _look(): Promise<void> {
    const { live } = this._crush;
    const looking = (this._looking ??= live
      .call(wid => live.client.commands(wid))
      .then(prompts => {
        if (this._looking === looking) {
          this._prompts = prompts;
          this._isKnown = true;
        }
      })
      .catch(() => {
        if (this._looking === looking) {
          this._looking = null; // asked again next time; until then those from before stay
        }
      }));
    return looking;
  }

  private _own(): Command[] {
    const { live, conversation, actions, changes } = this._crush;
    const trans = this._trans;
    const sid = conversation.sessionId;
    const choose = (body: { model: string } | { permission_mode: PermissionMode }): void =>
      void (sid === null ? conversation.patchConfig(body) : conversation.patch(sid, body));
    const none = (act: () => unknown) => (): null => (act(), null);
    return [
      { name: 'new', hint: trans.__('start a new session'), run: none(() => conversation.show(null)) },
      {
        name: 'clear',
        hint: trans.__('start over in a new session'),
        run: none(() => conversation.show(null))
      },
      { name: 'stop', hint: trans.__('stop the agent and the queued prompts'), run: none(() => conversation.stop()) },
      {
        name: 'summarize',
        hint: trans.__('free up context: replace the conversation with a summary'),
        takesWords: true,
        run: words => (void actions.summarize(words), null)
      },
      { name: 'fork', hint: trans.__('continue in a copy of this session'), run: none(() => actions.fork(null)) },
      {
        name: 'rename',
        hint: trans.__('give this session a title'),
        takesWords: true,
        run: words => (sid !== null && words ? void conversation.rename(sid, words) : undefined, null)
      },
      {
        name: 'export',
        hint: trans.__('export this session to a file'),
        values: () => FORMATS.map(name => ({ name, hint: '' })),
        run: words => (void actions.export(FORMATS.find(name => name === words) ?? 'markdown'), null)
      },
      {
        name: 'model',
        hint: trans.__('choose the model'),
        values: () => (live.status?.models ?? []).map(({ id, name }) => ({ name: id, hint: name })),
        run: words => (words ? (choose({ model: words }), null) : { compose: '/model ' })
      },
      {
        name: 'mode',
        hint: trans.__('choose when the agent asks for permission'),
        values: () => (live.config?.permission_modes ?? []).map(name => ({ name, hint: '' })),
        run: words => (words ? (choose({ permission_mode: words as PermissionMode }), null) : { compose: '/mode ' })
      },
      { name: 'changes', hint: trans.__('see what the agent changed'), run: none(() => changes.show(null)) },
      { name: 'help', hint: trans.__('list the commands'), run: () => ({ compose: '/' }) }
    ];
  }

  private _prompts: readonly PromptCommand[] = [];
  private _isKnown = false;
  private _looking: Promise<void> | null = null;
  private _line: Promise<unknown> = Promise.resolve();
}

/** `$ARGUMENTS` stands for what follows the name; a prompt without it has that at its end. */
function fillArguments(prompt: string, words: string): string {
  return prompt.includes('$ARGUMENTS')
    ? prompt.replaceAll('$ARGUMENTS', () => words)
    : [prompt, words].filter(Boolean).join('\n\n');
}

function mention(name: string, hint: string, isWhole: boolean): Mention {
  return { label: `/${name}`, hint, text: isWhole ? `/${name}` : `/${name} `, attached: null, isWhole };
}
