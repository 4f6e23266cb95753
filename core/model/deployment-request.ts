/** Free text that goes into the record with the deployment. */
export interface RequestNotes {
  readonly reason?: string;
  /** Who asked, where the caller knows better than the execution. */
  readonly by?: string;
}

/** What may go with a request for new or known content. */
export interface RequestScope extends RequestNotes {
  /** Only these hosts of the target; `stable` then does not move. */
  readonly hosts?: readonly string[];
  /** Say what would be done, and do nothing. */
  readonly isDryRun: boolean;
}

/** What an execution was asked to do, by a person (the first seven) or by Rollgate itself. */
export type DeploymentRequest =
  /** `{}`: the newest upload. */
  | ({ readonly kind: 'newest' } & RequestScope)
  /** `{"release": "v41"}` */
  | ({ readonly kind: 'release'; readonly release: number } & RequestScope)
  /** `{"versionId": "…"}`: one S3 version of the artifact. */
  | ({ readonly kind: 'version'; readonly versionId: string } & RequestScope)
  /** `{"configOnly": true}`: the artifact of the stable release with the configuration in force. */
  | ({ readonly kind: 'config' } & RequestScope)
  /** `{"rollback": true}`, or with `"release": "v3"` to a named one; with `"throughFreeze": true` also of a frozen target. */
  | ({
      readonly kind: 'rollback';
      readonly release?: number;
      readonly isDryRun: boolean;
      readonly isThroughFreeze?: true;
    } & RequestNotes)
  /** `{"resume": "<deploymentId>"}`: what an ended deployment left to do. */
  | ({ readonly kind: 'resume'; readonly deploymentId: string } & RequestNotes)
  /** `{"retry": "<deploymentId>"}`: its release once more, to the hosts that failed. */
  | ({ readonly kind: 'retry'; readonly deploymentId: string } & RequestNotes)
  /** `{"upload": "<versionId>"}`: by the upload event. */
  | ({ readonly kind: 'upload'; readonly versionId: string } & RequestNotes)
  /** `{"repair": "<deploymentId>"}`: settle and revert what a dead execution left. */
  | ({ readonly kind: 'repair'; readonly deploymentId: string } & RequestNotes)
  /** `{"continue": "<deploymentId>"}`: go on where the predecessor's history ended. */
  | ({ readonly kind: 'continue'; readonly deploymentId: string } & RequestNotes)
  /** `{"converge": ["i-…"]}`: bring new or stray hosts to the stable release. */
  | ({ readonly kind: 'converge'; readonly hosts: readonly string[] } & RequestNotes);
