"""Training and measuring models with scikit-learn; scoring never imports it."""

from classifier.training.pictures import draw
from classifier.training.report import Report
from classifier.training.run import evaluate, train, train_shipped, tune

__all__ = ["Report", "draw", "evaluate", "train", "train_shipped", "tune"]
