import type { Controls } from '../../model/operator-requests.ts';

/** Whether the operator's last word on pausing is pause: a resume answers every pause before it. */
export function isPaused({ pause, resume }: Pick<Controls, 'pause' | 'resume'>): boolean {
  return pause !== null && (resume === null || Date.parse(resume.at) < Date.parse(pause.at));
}
