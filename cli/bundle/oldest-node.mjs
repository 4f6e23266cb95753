/** The oldest Node that runs the bundle, as major and minor: what `commander` asks for. ES2024 is in it. */
export const oldestNode = [22, 12];

/** Whether a Node of this version (`24.1.0`) runs the bundle. */
export function canRunBundle(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
}
