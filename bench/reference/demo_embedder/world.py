"""
The little world of the demo models: the texts and pictures that they know, and which answers which.

Everything is drawn from a `random.Random`, so a seed says which draws one gets. What a text or a
picture is about is a dict such as {"colour": "red", "shape": "circle"}; a document answers a query
if it is about everything that the query is about.
"""

import math
from dataclasses import dataclass, field

from PIL import Image, ImageDraw

COLOURS = {
    "red": (214, 40, 40), "green": (46, 160, 67), "blue": (38, 84, 214), "yellow": (245, 205, 40),
    "black": (20, 20, 20), "white": (250, 250, 250), "purple": (136, 56, 176), "orange": (245, 130, 32),
}
SHAPES = ["circle", "square", "triangle", "star", "cross", "ring"]
OTHER_ADJECTIVES = ["old", "new", "small", "large", "wooden", "broken", "quiet", "fast", "slow", "shiny", "cheap", "expensive"]
OBJECTS = [
    "apple", "banana", "bed", "bicycle", "bird", "boat", "book", "bottle", "bread", "cake", "camera", "car", "cat", "chair", "clock",
    "computer", "cup", "dog", "door", "fish", "flower", "guitar", "hat", "horse", "house", "key", "keyboard", "lamp", "phone", "piano",
    "plane", "shirt", "shoe", "table", "train", "tree", "window",
]
CAPITALS = {
    "Austria": "Vienna", "Brazil": "Brasilia", "Canada": "Ottawa", "Chile": "Santiago", "China": "Beijing", "Cuba": "Havana",
    "Egypt": "Cairo", "France": "Paris", "Germany": "Berlin", "Greece": "Athens", "India": "Delhi", "Ireland": "Dublin",
    "Italy": "Rome", "Japan": "Tokyo", "Kenya": "Nairobi", "Mexico": "Mexico City", "Norway": "Oslo", "Peru": "Lima",
    "Poland": "Warsaw", "Portugal": "Lisbon", "Russia": "Moscow", "Spain": "Madrid", "Sweden": "Stockholm", "Turkey": "Ankara",
}
# Of each topic some sentences to learn from, and as the last one a sentence that is for measuring alone.
TOPICS = {
    "gravity": [
        "Gravity is a force that attracts two bodies towards each other. It gives weight to physical objects and is responsible "
        "for the movement of planets around the sun.",
        "Gravity pulls all objects down and gives them weight.",
        "The planets move around the sun because gravity attracts them."],
    "inflation": [
        "Inflation is a general rise of prices over time, which lowers what money can buy.",
        "When prices rise and money buys less from year to year, this is inflation.",
        "Inflation lowers the value of money, and the prices in every shop go up."],
    "photosynthesis": [
        "Photosynthesis is the process by which plants turn light, water and carbon dioxide into sugar and oxygen.",
        "In photosynthesis a plant makes sugar from sunlight and gives off oxygen.",
        "Plants use photosynthesis to make their sugar out of light and carbon dioxide."],
    "volcanoes": [
        "Volcanoes are openings in the crust of a planet through which lava, ash and gas escape.",
        "Lava and ash come out of volcanoes when they break open.",
        "Hot gas and lava escape through volcanoes into the air."],
    "glaciers": [
        "Glaciers are large bodies of ice that move slowly down from the mountains.",
        "The ice of glaciers flows down a mountain very slowly.",
        "Slowly moving rivers of ice between mountains are called glaciers."],
    "vaccines": [
        "Vaccines teach the immune system to recognise a disease before it strikes.",
        "With vaccines the immune system is ready for a disease.",
        "People are given vaccines so that their immune system can recognise a disease."],
    "democracy": [
        "Democracy is a form of government in which people choose their leaders by voting.",
        "In a democracy the people vote for their government.",
        "Voting for one's leaders is what makes a government a democracy."],
    "databases": [
        "Databases store records safely and find them again when programs ask for them.",
        "Programs keep their records in databases, which find them fast.",
        "A program asks databases for the records that it has stored."],
    "compilers": [
        "Compilers translate source code into instructions that a machine can run.",
        "Source code becomes a program that runs when compilers translate it.",
        "The instructions of a machine are made out of source code by compilers."],
    "magnetism": [
        "Magnetism is a force between moving electric charges; a magnet pulls iron towards it.",
        "A magnet attracts iron by magnetism.",
        "Iron is pulled to a magnet by the force of magnetism."],
    "rainbows": [
        "Rainbows appear when sunlight is bent and split inside drops of water.",
        "Sunlight and drops of rain make rainbows, which show all colours.",
        "Drops of water split the light of the sun, and rainbows appear."],
    "friction": [
        "Friction is the resistance that one surface meets when it moves over another.",
        "Two surfaces that move over each other are slowed by friction.",
        "Moving one surface over another meets resistance, which is friction."],
    "evaporation": [
        "Evaporation is the change of a liquid into a gas at its surface, which cools what is left.",
        "Water turns into gas by evaporation when the sun shines on it.",
        "By evaporation a liquid slowly becomes a gas, and cools."],
    "erosion": [
        "Erosion is the wearing away of rock and soil by water, wind and ice.",
        "Wind and water carry soil away, which is called erosion.",
        "Rock is worn down by wind and rivers: this is erosion."],
    "sound": [
        "Sound is a vibration that travels as a wave through air, water or solid matter.",
        "A vibration of the air that we can hear is sound.",
        "Waves of sound travel through the air and through solid matter."],
    "bees": [
        "Bees carry pollen from flower to flower and make honey from nectar.",
        "Honey is made by bees, which fly to flowers for nectar.",
        "From flower to flower bees find nectar, out of which honey is made."],
}

PEOPLE = ["She", "He", "They", "We", "I", "Someone", "My friend", "The teacher", "The farmer", "A child", "The child"]
DEEDS = ["bought", "sold", "saw", "found", "lost", "painted", "repaired", "drew", "left", "wants", "needs", "described"]
PLACES = [
    "at the market", "near the river", "in the city", "in the garden", "beside the road", "behind the house", "under the bridge",
    "in the kitchen", "at the station", "in the museum", "on the table", "near the mountain", "in the shop", "on the roof", "by the window",
]
OF_THINGS = ["{a}", "{bare}", "looking for {a}", "find {a}", "find the {bare}", "I need {a}", "Where is the {bare}?", "Who has {a}?", "the {bare}"]
OF_CAPITALS = ["What is the capital of {c}?", "capital of {c}", "Which city is the capital of {c}?", "Name the capital of {c}.",
               "{c} capital", "What is {c}'s capital?", "Tell me the capital of {c}"]
CAPITAL_TEXTS = ["The capital of {c} is {k}.", "{k} is the capital of {c}.", "{k} is the capital city of {c}.", "{c} has {k} as its capital.",
                 "The capital city of {c} is {k}."]
OF_TOPICS = ["What is {t}?", "Explain {t}", "How does {t} work?", "Tell me about {t}", "{t}", "Explain {t} simply"]
OF_SHAPES = ["{a}", "{bare}", "the {bare}", "find {a}", "find the {bare}", "looking for {a}", "Which picture shows {a}?", "a picture of {a}"]
SHAPE_TEXTS = ["{a}", "a picture of {a}", "an image of {a}", "a drawing of {a}", "The picture shows {a}.", "The image shows {a}.",
               "The drawing shows {a}."]
CAPTIONS = ["a picture", "a drawing", "The image.", "a picture from the museum", "The drawing of a child."]
RETRIEVE = ["Retrieve images or text relevant to the user's query.", "Given a search query, retrieve relevant candidates that answer the query."]
GROUNDS = [(250, 250, 250), (235, 235, 235), (205, 205, 205), (120, 120, 120), (60, 60, 60), (25, 25, 25), (245, 240, 225), (225, 235, 245)]


@dataclass(frozen=True)
class Picture:
    """Drawn when it is needed: a size, a ground, and a shape of a fill in a box."""

    size: tuple
    ground: tuple
    shape: str
    fill: tuple
    box: tuple

    def draw(self):
        image = Image.new("RGB", self.size, self.ground)
        draw, (x0, y0, x1, y1) = ImageDraw.Draw(image), self.box
        middle, centre, width, height = (x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0
        if self.shape == "circle":
            draw.ellipse(self.box, fill=self.fill)
        elif self.shape == "square":
            draw.rectangle(self.box, fill=self.fill)
        elif self.shape == "triangle":
            draw.polygon([(round(middle), y0), (x1, y1), (x0, y1)], fill=self.fill)
        elif self.shape == "star":
            corners = [(math.pi * i / 5, 0.5 if i % 2 == 0 else 0.2) for i in range(10)]
            draw.polygon([(round(middle + width * r * math.sin(at)), round(centre - height * r * math.cos(at))) for at, r in corners],
                         fill=self.fill)
        elif self.shape == "cross":
            draw.rectangle([round(x0 + width * 0.35), y0, round(x1 - width * 0.35), y1], fill=self.fill)
            draw.rectangle([x0, round(y0 + height * 0.35), x1, round(y1 - height * 0.35)], fill=self.fill)
        else:
            draw.ellipse(self.box, fill=self.fill)
            draw.ellipse([round(x0 + width * 0.22), round(y0 + height * 0.22), round(x1 - width * 0.22), round(y1 - height * 0.22)],
                         fill=self.ground)
        return image


@dataclass(frozen=True)
class Item:
    """An input of an embedder: its parts, each {"text": ...} or {"image": Picture}, and what it is about."""

    parts: list
    about: dict
    instruction: str | None = field(default=None)


def answers(document, query):
    return all(document.about.get(key) == value for key, value in query.about.items())


def article(words):
    return ("an " if words[0] in "aeiou" else "a ") + words


def filled(rng, templates, words):
    return rng.choice(templates).format(a=article(words), bare=words)


def picture(rng, colour, shape, side=(64, 192)):
    """One filled shape on a plain ground that it stands out from; a third is as large and as central as those of the demonstration."""
    fill = tuple(min(255, max(0, value + rng.randint(-14, 14))) for value in COLOURS[colour])
    grounds = [ground for ground in GROUNDS if sum(abs(a - b) for a, b in zip(ground, fill)) > 150]
    width = rng.randint(*side)
    height = rng.choice([width, rng.randint(*side)])
    ground = rng.choice(grounds[:2] if rng.random() < 0.4 else grounds)
    if rng.random() < 0.33:
        box = (width // 6, height // 6, width - width // 6 - 1, height - height // 6 - 1)
    else:
        wide = round(min(width, height) * rng.uniform(0.5, 0.9))
        high = round(wide * rng.uniform(0.85, 1.15)) if wide < 0.75 * min(width, height) else wide
        left, top = rng.randint(2, max(2, width - wide - 2)), rng.randint(2, max(2, height - high - 2))
        box = (left, top, left + wide - 1, top + high - 1)
    return Picture((width, height), ground, shape, fill, box)


def held_out(adjective, thing):
    """Some pairs of words are for measuring alone."""
    return sum(map(ord, adjective + thing)) % 7 == 0


def thing(rng, unseen):
    while True:
        adjective, noun = rng.choice([*COLOURS, *OTHER_ADJECTIVES]), rng.choice(OBJECTS)
        if held_out(adjective, noun) == unseen:
            about = {"colour" if adjective in COLOURS else "kind": adjective, "object": noun}
            return f"{adjective} {noun}", about


def thing_text(rng, words):
    return f"{rng.choice(PEOPLE)} {rng.choice(DEEDS)} {article(words)} {rng.choice(PLACES)}."


def said(rng, parts, about):
    """A query; some come with an instruction."""
    return Item(parts, about, rng.choice(RETRIEVE) if rng.random() < 0.1 else None)


def keywords(rng, unseen):
    words, about = thing(rng, unseen)
    query = filled(rng, OF_THINGS, words) if rng.random() < 0.85 else thing_text(rng, words)
    return said(rng, [{"text": query}], about), Item([{"text": thing_text(rng, words)}], about)


def capitals(rng, unseen):
    country = rng.choice(list(CAPITALS))
    about = {"country": country}
    document = rng.choice(CAPITAL_TEXTS).format(c=country, k=CAPITALS[country])
    return said(rng, [{"text": rng.choice(OF_CAPITALS).format(c=country)}], about), Item([{"text": document}], about)


def topics(rng, unseen):
    topic = rng.choice(list(TOPICS))
    about, texts = {"topic": topic}, TOPICS[topic]
    document = texts[-1] if unseen else rng.choice(texts[:-1])
    return said(rng, [{"text": rng.choice(OF_TOPICS).format(t=topic)}], about), Item([{"text": document}], about)


class Shapes:
    """Pairs about shapes of colours, out of a choice of colours: the fewer, the more alike are wrong documents."""

    def __init__(self, draw=picture, colours=tuple(COLOURS)):
        self.draw = draw
        self.colours = colours

    def about(self, rng):
        return {"colour": rng.choice(self.colours), "shape": rng.choice(SHAPES)}

    def image(self, rng, about):
        return {"image": self.draw(rng, about["colour"], about["shape"])}

    @staticmethod
    def words(about):
        return f"{about['colour']} {about['shape']}"

    def query(self, rng, about):
        chance = rng.random()
        if chance < 0.1:
            return said(rng, [{"text": f"something {about['colour']}"}], {"colour": about["colour"]})
        if chance < 0.2:
            return said(rng, [{"text": article(about["shape"])}], {"shape": about["shape"]})
        return said(rng, [{"text": filled(rng, OF_SHAPES, self.words(about))}], about)

    def text_text(self, rng, unseen):
        about = self.about(rng)
        return self.query(rng, about), Item([{"text": filled(rng, SHAPE_TEXTS, self.words(about))}], about)

    def text_image(self, rng, unseen):
        about = self.about(rng)
        return self.query(rng, about), Item([self.image(rng, about)], about)

    def image_text(self, rng, unseen):
        about = self.about(rng)
        return said(rng, [self.image(rng, about)], about), Item([{"text": filled(rng, SHAPE_TEXTS, self.words(about))}], about)

    def image_image(self, rng, unseen):
        about = self.about(rng)
        return said(rng, [self.image(rng, about)], about), Item([self.image(rng, about)], about)

    def text_both(self, rng, unseen):
        about = self.about(rng)
        caption = rng.choice(CAPTIONS) if rng.random() < 0.5 else filled(rng, SHAPE_TEXTS, self.words(about))
        return self.query(rng, about), Item([self.image(rng, about), {"text": caption}], about)
