/** How many folders lie in one another at most. */
export const FOLDER_DEPTH_MAX = 64;
