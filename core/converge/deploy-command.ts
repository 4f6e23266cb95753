/** What to type to bring these hosts to the stable release by hand. */
export function deployCommand(release: string, instanceIds: readonly string[]): string {
  return `rollgate deploy --release ${release} --hosts ${instanceIds.join(',')}`;
}
