/**
 * Being root without being root (user_namespaces(7)): decant runs itself again inside a user namespace in which the
 * user is root, and the user's range of subordinate ids (subuid(5)) is everybody else.
 */

/** Set for the program inside; the value is the number of ids that exist there. */
export const MARKER = 'DECANT_USER_NAMESPACE';

export function isInUserNamespace(): boolean {
  return process.env[MARKER] !== undefined;
}
