/** Does something at most once a frame, however often it is asked for. Frames do not come to hidden tabs; a timer does. */
export class OncePerFrame {
  constructor(private readonly _action: () => void) {}

  ask(): void {
    if (this._asked) {
      return;
    }
    this._asked = true;
    if (document.hidden) {
      setTimeout(this._run, 100);
    } else {
      requestAnimationFrame(this._run);
    }
  }

  private readonly _run = (): void => {
    this._asked = false;
    this._action();
  };
  private _asked = false;
}
