"""What AP-10K's annotations count: species by category id and backgrounds by number."""

from __future__ import annotations

# Category id 1 first.
SPECIES = (
    "antelope", "argali sheep", "bison", "buffalo", "cow", "sheep", "arctic fox", "dog", "fox",
    "wolf", "beaver", "alouatta", "monkey", "noisy night monkey", "spider monkey", "uakari",
    "deer", "moose", "hamster", "elephant", "horse", "zebra", "bobcat", "cat", "cheetah",
    "jaguar", "king cheetah", "leopard", "lion", "panther", "snow leopard", "tiger", "giraffe",
    "hippo", "chimpanzee", "gorilla", "orangutan", "rabbit", "skunk", "mouse", "rat", "otter",
    "weasel", "raccoon", "rhino", "marmot", "squirrel", "pig", "mole", "black bear",
    "brown bear", "panda", "polar bear", "bat",
)
# Background 1 first.
BACKGROUNDS = (
    "grass or savanna",
    "forest or shrub",
    "mud or rock",
    "snowfield",
    "zoo or human habitation",
    "swamp or riverside",
    "desert or gobi",
    "mugshot",
)
