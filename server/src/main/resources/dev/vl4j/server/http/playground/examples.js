const SIDE = 96;
const MARGIN = 16;

const COLOURS = {
  red: '#d62828',
  blue: '#2654d6',
  green: '#2ea043',
  yellow: '#f5cd28',
};

const SHAPES = {
  circle: pen => pen.arc(SIDE / 2, SIDE / 2, SIDE / 2 - MARGIN, 0, 2 * Math.PI),
  square: pen => pen.rect(MARGIN, MARGIN, SIDE - 2 * MARGIN, SIDE - 2 * MARGIN),
  triangle: pen => {
    pen.moveTo(SIDE / 2, MARGIN);
    pen.lineTo(SIDE - MARGIN, SIDE - MARGIN);
    pen.lineTo(MARGIN, SIDE - MARGIN);
    pen.closePath();
  },
};

/** A drawn picture of a colour and a shape, such as red circle. */
function picture(name) {
  const [colour, shape] = name.split(' ');
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = SIDE;
  const pen = canvas.getContext('2d');
  pen.fillStyle = '#fafafa';
  pen.fillRect(0, 0, SIDE, SIDE);
  pen.fillStyle = COLOURS[colour];
  pen.beginPath();
  SHAPES[shape](pen);
  pen.fill();
  return {name: `${name.replace(' ', '-')}.png`, url: canvas.toDataURL('image/png')};
}

const text = words => ({text: words, pictures: []});
const shown = name => ({text: '', pictures: [picture(name)]});

/** Requests that the embedded model judges well; what they hold is drawn when it is asked for. */
export const EXAMPLES = [
  {
    name: 'Texts',
    load: () => ({
      query: text('What is the capital of China?'),
      documents: [
        text(
          'Gravity is a force that attracts two bodies towards each other. It gives weight to physical'
            + ' objects and is responsible for the movement of planets around the sun.',
        ),
        text('The capital of Peru is Lima.'),
        text('Bees carry pollen from flower to flower and make honey from nectar.'),
        text('The capital of China is Beijing.'),
      ],
    }),
  },
  {
    name: 'Images',
    load: () => ({
      query: text('a red circle'),
      documents: ['yellow triangle', 'green square', 'red circle', 'blue circle'].map(shown),
    }),
  },
  {
    name: 'Image as query',
    load: () => ({
      query: shown('green triangle'),
      documents: ['a blue square', 'a red circle', 'a green triangle', 'a yellow circle'].map(text),
    }),
  },
  {
    name: 'Mixed',
    load: () => ({
      query: text('a red circle'),
      documents: [
        shown('blue circle'),
        text('The capital of Peru is Lima.'),
        {text: 'figure 3', pictures: [picture('red circle')]},
        text('a red circle'),
        {text: 'a green square', pictures: [picture('green square')]},
        shown('red circle'),
      ],
    }),
  },
];
