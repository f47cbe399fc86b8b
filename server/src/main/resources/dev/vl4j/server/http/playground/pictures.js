/**
 * A picture of the request.
 *
 * @typedef {{name: string, url: string}} Picture url is a data: URL
 */

const NAMES = /\.(png|jpe?g|gif|bmp|tiff?|webp)$/i;

/** The pictures among the files of a drop or a paste. */
export function pictureFiles(transfer) {
  return [...(transfer?.files ?? [])].filter(isPicture);
}

/** Whether a drag brings files; which, it says only when it ends. */
export function bringsFiles(event) {
  return event.dataTransfer?.types.includes('Files') ?? false;
}

function isPicture(file) {
  return file.type.startsWith('image/') || NAMES.test(file.name);
}

/** @returns {Promise<Picture[]>} */
export function readPictures(files) {
  return Promise.all(
    [...files].map(
      file =>
        new Promise((resolve, reject) => {
          const reader = new FileReader();
          reader.onload = () => resolve({name: file.name, url: reader.result});
          reader.onerror = () => reject(new Error(`${file.name}: ${reader.error.message}`));
          reader.readAsDataURL(file);
        }),
    ),
  );
}
