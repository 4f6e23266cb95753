import type { Check } from '../../core/doctor/check.ts';
import type { DoctorReport } from '../../core/doctor/doctor.ts';
import type { Colour } from '../../core/views/status-words.ts';
import { padEnd, type Style } from './style.ts';

const looks: Readonly<Record<Check['verdict'], { readonly icon: string; readonly colour: Colour }>> = {
  good: { icon: '✓', colour: 'green' },
  warning: { icon: '!', colour: 'yellow' },
  failed: { icon: '✗', colour: 'red' },
  unseen: { icon: '?', colour: 'yellow' },
};

/** A line for each check, what to type below it, and how many are which; `again` is the command that asked. */
export function renderDoctor(report: DoctorReport, again: string, style: Style): readonly string[] {
  const width = Math.max(...report.checks.map((check) => check.about.length));
  return [
    `${style.strong(report.service)} on ${report.stage}`,
    '',
    ...report.checks.flatMap((check) => {
      const { icon, colour } = looks[check.verdict];
      return [
        `${style.paint(colour, icon)} ${padEnd(check.about, width)}  ${check.says}`,
        ...check.fix.map((line) => `      ${line.startsWith('#') ? style.faint(line) : line}`),
      ];
    }),
    '',
    summary(report, again, style),
  ];
}

function summary({ checks, isWell }: DoctorReport, again: string, style: Style): string {
  const count = (verdict: Check['verdict']): number => checks.filter((check) => check.verdict === verdict).length;
  const parts = [
    ['good', `${count('good')} good`],
    ['warning', `${count('warning')} to know`],
    ['failed', `${count('failed')} to put right`],
    ['unseen', `${count('unseen')} not looked at`],
  ] as const;
  const said = parts.filter(([verdict]) => count(verdict) > 0).map(([, text]) => text);
  const end = isWell ? 'a deployment finds all that it needs' : `type what stands below each, then: ${again}`;
  return `${style.paint(isWell ? 'green' : 'red', isWell ? '✓' : '✗')} ${said.join(', ')}: ${end}`;
}
