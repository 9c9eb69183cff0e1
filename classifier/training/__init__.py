"""Training and measuring models with scikit-learn; scoring never imports it."""

from classifier.training.run import Report, evaluate, train, train_shipped

__all__ = ["Report", "evaluate", "train", "train_shipped"]
