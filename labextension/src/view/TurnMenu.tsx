/** What can be done from a turn on: another way from its end, or the same prompt in other words. */
import { ellipsesIcon } from '@jupyterlab/ui-components';
import { memo } from 'react';
import type { Turn } from '../session/turns';
import { PopupChoice, Popup } from './Popup';
import { useUi } from './ui';

export interface TurnActions {
  /** Another session that begins with everything up to the end of this turn. */
  readonly onFork: (turn: Turn) => void;
  /** Another session that ends before this turn, with its words in the composer. */
  readonly onEdit: (turn: Turn) => void;
  /** Files and notebooks as they were before this turn. */
  readonly onRewind: (turn: Turn) => void;
}

export const TurnMenu = memo(function TurnMenu({ turn, onFork, onEdit, onRewind }: TurnActions & { turn: Turn }) {
  const { trans } = useUi();
  return (
    <Popup
      className="jcr-IconButton"
      title={trans.__('From here')}
      align="right"
      label={<ellipsesIcon.react tag="span" className="jcr-Icon" />}
    >
      {close => (
        <>
          <PopupChoice
            name={trans.__('Fork from here')}
            hint={trans.__('start a new session that continues after this turn')}
            onChoose={() => (close(), onFork(turn))}
          />
          <PopupChoice
            name={trans.__('Edit and send again')}
            hint={trans.__('start a new session that continues from before this prompt')}
            onChoose={() => (close(), onEdit(turn))}
          />
          <PopupChoice
            name={trans.__('Rewind files to before it')}
            hint={trans.__('undoes the agent’s changes from this turn on')}
            onChoose={() => (close(), onRewind(turn))}
          />
        </>
      )}
    </Popup>
  );
});
