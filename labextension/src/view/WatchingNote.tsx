/** What stands where others write their prompts. */
export function WatchingNote({ children }: { children: string }) {
  return (
    <div className="jcr-Composer">
      <div className="jcr-Watching" role="note">
        {children}
      </div>
    </div>
  );
}
