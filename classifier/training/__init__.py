"""Training and measuring models with scikit-learn; scoring never imports it."""

from classifier.training.report import Report
from classifier.training.run import evaluate, train, train_shipped

__all__ = ["Report", "evaluate", "train", "train_shipped"]
