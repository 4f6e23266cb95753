/** Where a fake says what was asked of it, in one line: `send activate a`. */
export type TellDeed = (deed: string) => void;

export const tellNobody: TellDeed = () => undefined;
